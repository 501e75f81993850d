import HTTP
import Text

/// The other origins whose web pages may use the service from a browser (the Fetch standard, §3.2).
public struct CrossOrigins: Sendable, Equatable {
  /// No other origin.
  public static let none = CrossOrigins()

  private var origins: Set<ByteString> = []
  private var includesAll = false

  private init() {}

  /// Reads origins such as `https://app.example` or `http://localhost:5173`, or `*` for all; nil if one of
  /// them is no origin.
  public init?(_ items: [String]) {
    for item in items {
      let text = ByteString(item)
      if text == "*" {
        includesAll = true
      } else if let origin = WebOrigin(text) {
        origins.insert(origin.text)
      } else {
        return nil
      }
    }
  }

  /// True if no page of another origin may use the service.
  var isEmpty: Bool { origins.isEmpty && !includesAll }

  /// Refuses the page of another origin.
  static let refusal = APIError(
    .permission,
    "web pages of this origin may not use this service; `cors_origins` names those that may")

  /// Returns whether the page that sends a request may use the service.
  func includes(_ head: RequestHead) -> Bool {
    guard let text = WebOrigin.field(of: head) else { return false }
    return includesAll || WebOrigin(text).map { origins.contains($0.text) } ?? false
  }
}

extension CrossOrigins {
  /// The fields of a response that a page may read beside those that the standard always allows.
  private static let exposed: ByteString = """
    x-request-id, retry-after, retry-after-ms, x-should-retry, x-ratelimit-limit-requests, \
    x-ratelimit-remaining-requests, x-ratelimit-reset-requests
    """
  /// The fields that every client sends.
  private static let allowed: [ByteString] = ["authorization", "content-type", "idempotency-key"]
  /// The fields that OpenAI's client adds, allowed where the browser asks for them: a response must list
  /// names and cannot allow a prefix.
  private static let reflected: [ByteString] = [
    "user-agent", "x-request-id", "openai-organization", "openai-project", "openai-beta",
  ]
  private static let reflectedPrefix: ByteString = "x-stainless-"
  private static let reflectedLimit = 32
  /// Two hours, the most that browsers remember.
  private static let maxAge: ByteString = "7200"

  /// Adds the fields to a response that let the page read it.
  func mark(_ headers: inout Headers, answering head: RequestHead?) {
    guard !isEmpty else { return }
    headers.append("vary", "Origin")
    guard let head, includes(head), let origin = WebOrigin.field(of: head) else { return }
    headers["access-control-allow-origin"] = includesAll ? "*" : origin
    headers["access-control-expose-headers"] = Self.exposed
  }

  /// Returns the response to a preflight request; nil for other requests, and where no other origin is
  /// allowed.
  func preflight(_ head: RequestHead) throws(APIError) -> Response? {
    guard !isEmpty, head.method == .options, head.headers["origin"] != nil,
      head.headers["access-control-request-method"] != nil
    else { return nil }
    guard includes(head) else { throw Self.refusal }
    var headers: Headers = ["access-control-allow-methods": "GET, HEAD, POST, OPTIONS"]
    headers["access-control-allow-headers"] = names(for: head)
    headers["access-control-max-age"] = Self.maxAge
    if head.headers["access-control-request-private-network"] == "true" {
      headers["access-control-allow-private-network"] = "true"
    }
    return Response(Status(204), headers: headers)
  }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
  }

  private func names(for head: RequestHead) -> ByteString {
    let asked = head.headers.items(of: "access-control-request-headers").map(\.asciiLowercase)
    let reflected = asked.filter { name in
      name.count <= ByteString.nameLimit
        && (Self.reflected.contains(name)
          || name.starts(with: Self.reflectedPrefix) && name.allSatisfy(Self.isNameCharacter))
    }
    let names = Self.allowed + reflected.prefix(Self.reflectedLimit)
    return ByteString(Array(names.map { Array($0.bytes) }.joined(separator: Array(", ".utf8))))
  }
}

/// The origin of a web page: scheme, host and port (RFC 6454).
struct WebOrigin: Equatable {
  /// The origin as browsers write it: in lower case, without the scheme's default port.
  let text: ByteString
  /// The host and port.
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

  /// Returns whether a request to this host and port comes from a page of the same origin.
  ///
  /// Both schemes are tried, since a proxy may end TLS before the request arrives here.
  func isOwn(_ host: ByteString) -> Bool {
    let host = host.asciiLowercase
    return (["http", "https"] as [ByteString]).contains {
      Self.withoutStandardPort(host, $0) == authority
    }
  }

  /// Returns the `Origin` field of a request; nil if it has none or several.
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
