import HTTP
import Text

/// The operator's proxies, which are believed when they report a client's address or a request's id.
///
/// Of the fields with addresses only `X-Forwarded-For` is read. A proxy adds to one field and passes others
/// on as its client sent them, so that reading a second one, such as RFC 7239's `Forwarded`, would let
/// clients choose their address.
public struct TrustedProxies: Sendable, Equatable {
  /// No proxy.
  public static let none = TrustedProxies()

  /// UUIDs and their like have fewer characters.
  private static let longestID = 128

  private var blocks: [IPAddress.Block] = []
  private var includesUnix = false

  private init() {}

  /// Reads addresses, blocks of them such as `10.0.0.0/8`, and `unix` for all peers of a unix socket; nil if
  /// an item is none of these.
  public init?(_ items: [String]) {
    for item in items {
      if item.utf8.elementsEqual("unix".utf8) {
        includesUnix = true
      } else if let block = IPAddress.Block(item.utf8) {
        blocks.append(block)
      } else {
        return nil
      }
    }
  }

  /// Returns whether the peer is one of the proxies.
  func includes(_ remote: RemoteAddress) -> Bool {
    switch remote {
    case .ip(let address): blocks.contains { $0.contains(address) }
    case .unix: includesUnix
    }
  }

  /// Returns the client's address: that of the last hop that is not one of the proxies.
  func client(of head: RequestHead) -> RemoteAddress? {
    guard var client = head.remoteAddress else { return nil }
    let hops = head.headers.values(of: "x-forwarded-for").flatMap {
      $0.split(on: ",")
    }
    for hop in hops.reversed() {
      guard includes(client), let address = Self.address(hop) else { break }
      client = .ip(address)
    }
    return client
  }

  /// Returns the id that a trusted proxy gave a request; nil if it gave none, or one with characters that
  /// do not belong into a log.
  func requestID(of head: RequestHead) -> String? {
    let ids = head.headers.values(of: "x-request-id")
    guard let remote = head.remoteAddress, includes(remote), ids.count == 1, let id = ids.first,
      !id.isEmpty, id.allSatisfy(Self.isPlain)
    else { return nil }
    return id.string(limit: Self.longestID)
  }

  /// Letters, digits and what UUIDs, ULIDs and the ids of load balancers have besides.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "-_.:=+/".utf8.contains(byte)
    }
  }

  /// Reads an address as proxies write it: with blanks, a port, and the brackets of IPv6.
  private static func address(_ hop: ByteString) -> IPAddress? {
    let colon = UInt8(ascii: ":")
    let text = hop.trimmed
    if text.first == UInt8(ascii: "[") {
      guard let end = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      return isPort(text[(end + 1)...]) ? IPAddress(text[..<end].dropFirst()) : nil
    }
    if let start = text.firstIndex(of: colon), !text[(start + 1)...].contains(colon) {
      return isPort(text[start...]) ? IPAddress(text[..<start]) : nil
    }
    return IPAddress(text)
  }

  /// Returns whether the text is empty, or a colon and digits.
  private static func isPort(_ text: ByteString) -> Bool {
    guard let first = text.first else { return true }
    let digits = text.dropFirst()
    return first == UInt8(ascii: ":") && (1...5).contains(digits.count)
      && digits.allSatisfy { (0x30...0x39).contains($0) }
  }
}
