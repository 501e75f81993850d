import HTTP
import Text

/// Keeps web pages of other origins from a service without keys, and from the administration.
///
/// Any page that a browser on this machine shows can send requests to loopback, and with a name of its
/// own that resolves to loopback (DNS rebinding) also read the answers. Browsers say whom a request is
/// for (`Host`) and from which page it comes (`Origin`, `Sec-Fetch-Site`), and pages cannot change that.
struct BrowserGuard: Sendable {
  /// The hosts, beside those of loopback, that requests may name, in lower case.
  private let hosts: Set<ByteString>
  private let origins: CrossOrigins
  /// The words for the guarded service in messages.
  private let subject: String

  /// - Parameters:
  ///   - hosts: Names or addresses, each with a port or for any port.
  ///   - origins: The other origins whose pages may use the service.
  init(
    hosts: [String], origins: CrossOrigins, subject: String = "without keys this service"
  ) {
    self.subject = subject
    self.hosts = Set(hosts.map { ByteString($0).asciiLowercase })
    self.origins = origins
  }

  /// Refuses a request that a page of another origin may have sent.
  func check(_ head: RequestHead) throws(APIError) {
    // Only HTTP/1.0 has none, which no browser speaks.
    if let host = head.authority, !isKnown(host) {
      throw APIError(
        .permission,
        "\(subject) answers to localhost and loopback addresses alone, not to this Host; "
          + "`allowed_hosts` names others")
    }
    guard !origins.includes(head) else { return }
    guard head.headers["origin"] == nil || isOwnOrigin(head) else { throw CrossOrigins.refusal }
    let isForeign = head.headers.lists("cross-site", in: "sec-fetch-site")
    guard !isForeign || Self.isFollowedLink(head) else { throw CrossOrigins.refusal }
  }

  /// Returns whether someone followed a link: the browser shows the response, and the page with the link
  /// cannot read it.
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
    // A trailing dot only marks a name as absolute (RFC 1034 §3.1).
    let name = host.last == UInt8(ascii: ".") ? host.dropLast() : host
    if hosts.contains(lowered) || hosts.contains(name) || name == "localhost" { return true }
    let isBracketed = host.first == UInt8(ascii: "[") && host.last == UInt8(ascii: "]")
    let address = isBracketed ? host.dropFirst().dropLast() : host
    return IPAddress(address)?.isLoopback == true
      && isBracketed == address.contains(UInt8(ascii: ":"))
  }

  /// Returns the host without its port, or all of the text where it does not end in a port.
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
