import Foundation

/// A client of a service on this machine, with one connection.
///
/// Its calls block, so they belong on threads of their own: see `Crowd`.
package final class LoadClient: Sendable {
  /// An answer.
  package struct Reply: Sendable {
    /// Its status.
    package let status: Int
    /// Its status line and fields.
    package let head: String
    /// Its first bytes, enough for an error.
    package let text: String
  }

  /// How a client leaves.
  package enum Departure: CaseIterable, Sendable {
    /// It closes its socket.
    case close
    /// It closes its socket so that a reset is sent.
    case reset
    /// It sends no more, but could still receive.
    case halfClose
  }

  /// The bytes of a body that are kept.
  private static let keptBytes = 4096

  private let descriptor: Int32

  /// Connects; every later call fails if that does.
  package init(port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe _ = connect(descriptor, $0, size)
      }
    }
    // An answer that does not come must end the run, not hang it.
    set(SO_RCVTIMEO, timeval(tv_sec: 120, tv_usec: 0))
    // The last packet of a request must not wait for the first to be acknowledged.
    var one: Int32 = 1
    unsafe setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close(descriptor) }

  private func set<Value>(_ option: Int32, _ value: Value) {
    var value = value
    let size = socklen_t(MemoryLayout<Value>.size)
    unsafe withUnsafePointer(to: &value) {
      unsafe _ = setsockopt(descriptor, SOL_SOCKET, option, $0, size)
    }
  }

  /// Leaves in some way; a socket that is to close does so with its client.
  package func leave(_ departure: Departure) {
    switch departure {
    case .close: shutdown(descriptor, Int32(SHUT_RDWR))
    case .reset:
      set(SO_LINGER, linger(l_onoff: 1, l_linger: 0))
      // Connecting to nowhere ends a connection at once, with a reset.
      var address = sockaddr()
      address.sa_family = sa_family_t(AF_UNSPEC)
      unsafe connect(descriptor, &address, socklen_t(MemoryLayout<sockaddr>.size))
    case .halfClose: shutdown(descriptor, Int32(SHUT_WR))
    }
  }

  /// Sends all of it; false when the server does not take it any more.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Foundation.send(
          descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Up to so many bytes; empty at the end of the connection, or after two minutes.
  package func receive(_ byteCount: Int = 64 << 10) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = unsafe max(0, recv(descriptor, buffer.baseAddress, byteCount, 0))
    }
  }

  /// Everything up to the end of the connection.
  package func receiveAll() -> String {
    var bytes: [UInt8] = []
    while true {
      let piece = receive()
      guard !piece.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
      bytes += piece
    }
  }

  /// The next answer that has a `content-length`; nil if the connection ends before its end.
  package func reply() -> Reply? {
    var bytes: [UInt8] = []
    var end: Int?
    while end == nil {
      let piece = receive()
      guard !piece.isEmpty else { return nil }
      bytes += piece
      end = Self.headEnd(bytes)
    }
    guard let end else { return nil }
    let head = String(decoding: bytes[..<end], as: UTF8.self)
    var kept = Array(bytes[end...].prefix(Self.keptBytes))
    var missing = Self.number(after: "content-length: ", in: head) - (bytes.count - end)
    while missing > 0 {
      let piece = receive(min(missing, 1 << 20))
      guard !piece.isEmpty else { return nil }
      if kept.count < Self.keptBytes { kept += piece }
      missing -= piece.count
    }
    return Reply(
      status: Self.number(after: "HTTP/1.1 ", in: head), head: head,
      text: String(decoding: kept, as: UTF8.self))
  }

  /// Sends a request and waits for its answer.
  package func exchange(_ request: [UInt8]) -> Reply? {
    send(request) ? reply() : nil
  }

  private static func headEnd(_ bytes: [UInt8]) -> Int? {
    let mark = Array("\r\n\r\n".utf8)
    guard bytes.count >= mark.count else { return nil }
    return (mark.count...bytes.count).first { bytes[($0 - mark.count)..<$0].elementsEqual(mark) }
  }

  private static func number(after mark: String, in text: String) -> Int {
    guard let start = text.range(of: mark)?.upperBound else { return 0 }
    return Int(text[start...].prefix { $0.isASCII && $0.isNumber }) ?? 0
  }
}
