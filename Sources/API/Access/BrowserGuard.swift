internal import HTTP
internal import Text

/// Keeps web pages of elsewhere from rendering here where no key is asked for.
///
/// Any page that a browser on this machine shows can send requests to loopback, and with a name of its
/// own that resolves to loopback (DNS rebinding) also read the answers. Browsers say whom a request is
/// for (`Host`) and from which page it comes (`Origin`, `Sec-Fetch-Site`), and pages cannot change that.
struct BrowserGuard: Sendable {
  /// The names beside those of loopback under which the service may be asked, in lower case.
  private let hosts: Set<ByteString>
  private let origins: CrossOrigins

  /// - Parameters:
  ///   - hosts: Names or addresses, each with a port or for any port.
  ///   - origins: Pages of elsewhere that may use the service.
  init(hosts: [String], origins: CrossOrigins) {
    self.hosts = Set(hosts.map { ByteString($0).asciiLowercase })
    self.origins = origins
  }

  /// What answers a page of elsewhere.
  static let foreignOrigin = APIError(
    .permission,
    "web pages of this origin may not use this service; `cors_origins` names those that may")

  /// Throws what answers a request that a page of elsewhere may have sent.
  func check(_ head: RequestHead) throws(APIError) {
    // Only HTTP/1.0 has none, which no browser speaks.
    if let host = head.authority, !isKnown(host) {
      throw APIError(
        .permission,
        "without keys this service answers to localhost and loopback addresses alone, not to this "
          + "Host; `allowed_hosts` names others")
    }
    guard !origins.includes(head) else { return }
    guard head.headers["origin"] == nil || isOwnOrigin(head) else { throw Self.foreignOrigin }
    let isForeign = head.headers.lists("cross-site", in: "sec-fetch-site")
    guard !isForeign || Self.isFollowedLink(head) else { throw Self.foreignOrigin }
  }

  /// Whether someone followed a link: the browser shows the answer, and the page that had the link
  /// reads nothing of it.
  private static func isFollowedLink(_ head: RequestHead) -> Bool {
    let target = head.headers["sec-fetch-dest"] ?? "document"
    return (head.method == .get || head.method == .head) && target == "document"
      && head.headers["sec-fetch-mode"] == "navigate"
  }

  private func isOwnOrigin(_ head: RequestHead) -> Bool {
    guard let host = head.authority, let text = WebOrigin.field(of: head),
      let origin = WebOrigin(text)
    else { return false }
    return origin.isOwn(host)
  }

  private func isKnown(_ authority: ByteString) -> Bool {
    let lowered = authority.asciiLowercase
    let host = Self.host(of: lowered)
    // A name's last dot says only that it is whole (RFC 1034 §3.1).
    let name = host.last == UInt8(ascii: ".") ? host.dropLast() : host
    if hosts.contains(lowered) || hosts.contains(name) || name == "localhost" { return true }
    let isBracketed = host.first == UInt8(ascii: "[") && host.last == UInt8(ascii: "]")
    let address = isBracketed ? host.dropFirst().dropLast() : host
    return IPAddress(address)?.isLoopback == true
      && isBracketed == address.contains(UInt8(ascii: ":"))
  }

  /// The host without its port; all of it where what follows is no port.
  private static func host(of authority: ByteString) -> ByteString {
    let colon = UInt8(ascii: ":")
    guard let mark = authority.bytes.lastIndex(of: colon) else { return authority }
    let (host, port) = (
      authority[authority.startIndex..<mark], authority[mark + 1..<authority.endIndex]
    )
    let isAddress = host.contains(colon) && host.last != UInt8(ascii: "]")
    guard !isAddress, port.isEmpty || port.decimal.map({ $0 < 65_536 }) ?? false else {
      return authority
    }
    return host
  }
}
