internal import HTTP
internal import Text

/// The operator's own proxies, whose word is taken for who sent a request and what it is called.
///
/// Only `X-Forwarded-For` is read. A proxy adds to one field and passes others on as its client sent
/// them, so that reading a second one, such as RFC 7239's `Forwarded`, would let clients choose.
public struct TrustedProxies: Sendable, Equatable {
  /// Nobody.
  public static let none = TrustedProxies()

  /// UUIDs and their like have fewer characters.
  private static let longestID = 128

  private var blocks: [IPAddress.Block] = []
  private var includesUnix = false

  private init() {}

  /// Reads addresses, blocks of them such as `10.0.0.0/8`, and `unix` for whoever comes through a
  /// unix socket.
  ///
  /// Nil where one of them is none of these.
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

  /// Whether one of them is at the other end.
  func includes(_ remote: RemoteAddress) -> Bool {
    switch remote {
    case .ip(let address): blocks.contains { $0.contains(address) }
    case .unix: includesUnix
    }
  }

  /// Who sent a request: the last of its hops that is not one of the proxies, as these tell it.
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

  /// The id that a trusted proxy gave a request; nil where it gave none, or one that a log had better
  /// not hold.
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

  /// An address with what proxies put around it: blanks, a port, the brackets of version 6.
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

  /// Whether this is nothing, or a colon and digits.
  private static func isPort(_ text: ByteString) -> Bool {
    guard let first = text.first else { return true }
    let digits = text.dropFirst()
    return first == UInt8(ascii: ":") && (1...5).contains(digits.count)
      && digits.allSatisfy { (0x30...0x39).contains($0) }
  }
}
