internal import HTTP
internal import Text

/// Where a web page comes from: scheme, host and port (RFC 6454).
struct WebOrigin: Equatable {
  /// As browsers write it: in lower case, without a scheme's own port.
  let text: ByteString
  /// Its host and port.
  let authority: ByteString

  /// Reads `https://app.example:8443`; nil for `null` and for anything with a path.
  init?(_ text: ByteString) {
    let mark: ByteString = "://"
    let lowered = text.asciiLowercase
    let scheme = lowered.prefix { Self.isSchemeCharacter($0) }
    let rest = lowered.dropFirst(scheme.count)
    guard !scheme.isEmpty, rest.starts(with: mark) else { return nil }
    let authority = rest.dropFirst(mark.count)
    guard !authority.isEmpty, authority.allSatisfy(Self.isAuthorityCharacter) else { return nil }
    self.authority = Self.withoutStandardPort(authority, scheme)
    self.text = ByteString(scheme.bytes + mark.bytes + self.authority.bytes)
  }

  /// Whether a request to this host and port comes from a page of its own.
  ///
  /// The scheme is not known here where a proxy ends TLS.
  func isOwn(_ host: ByteString) -> Bool {
    let host = host.asciiLowercase
    return (["http", "https"] as [ByteString]).contains {
      Self.withoutStandardPort(host, $0) == authority
    }
  }

  /// The one `Origin` field of a request; nil without, and with several.
  static func field(of head: RequestHead) -> ByteString? {
    let fields = head.headers.values(of: "origin")
    return fields.count == 1 ? fields[0] : nil
  }

  private static func withoutStandardPort(_ authority: ByteString, _ scheme: ByteString)
    -> ByteString
  {
    let ports: [ByteString: ByteString] = ["http": ":80", "https": ":443"]
    guard let port = ports[scheme], authority.ends(with: port) else { return authority }
    return authority.dropLast(port.count)
  }

  private static func isSchemeCharacter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte)
  }

  private static func isAuthorityCharacter(_ byte: UInt8) -> Bool {
    isSchemeCharacter(byte) || "_:[]".utf8.contains(byte)
  }
}
