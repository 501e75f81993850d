import Foundation

/// A plain client on a socket of its own, for whoever tests or loads a server on this machine.
///
/// Its calls block, so they belong on threads of their own: see `Blocking`. If connecting fails, every later
/// call does.
public final class SocketClient: Sendable {
  /// An answer.
  public struct Reply: Sendable, Equatable {
    /// Its status.
    public let status: Int
    /// Its status line and fields.
    public let head: String
    /// The first MiB of its body.
    public let body: String
  }

  /// The ways to close a connection.
  public enum Departure: CaseIterable, Sendable {
    /// It closes its socket.
    case close
    /// It closes its socket so that a reset is sent.
    case reset
    /// It sends no more, but could still receive.
    case halfClose
  }

  /// Larger bodies are read but not kept: a load test receives thousands of images.
  private static let keptByteCount = 1 << 20

  private let descriptor: Int32

  /// Connects to a port.
  /// - Parameters:
  ///   - port: The port on 127.0.0.1.
  ///   - receiveBufferByteCount: The size of the kernel's receive buffer; nil for its own choice.
  public init(port: UInt16, receiveBufferByteCount: Int32? = nil) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if let size = receiveBufferByteCount { set(SO_RCVBUF, size) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    connect(to: address)
    // The last packet of a request must not wait for the first to be acknowledged.
    set(TCP_NODELAY, Int32(1), level: Int32(IPPROTO_TCP))
  }

  /// Connects to a Unix socket.
  public init(path: String) {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    connect(to: address)
  }

  deinit { close(descriptor) }

  private func connect<Address>(to address: Address) {
    // An answer that does not come must fail its test, not hang it.
    set(SO_RCVTIMEO, timeval(tv_sec: 120, tv_usec: 0))
    unsafe withUnsafePointer(to: address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe _ = Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }

  private func set<Value>(_ option: Int32, _ value: Value, level: Int32 = SOL_SOCKET) {
    unsafe withUnsafePointer(to: value) {
      unsafe _ = setsockopt(
        descriptor, level, option, $0, socklen_t(MemoryLayout<Value>.size))
    }
  }

  /// Leaves in some way; a socket that is to close does so with its client.
  public func leave(_ departure: Departure) {
    switch departure {
    case .close: shutdown(descriptor, Int32(SHUT_RDWR))
    case .reset:
      set(SO_LINGER, linger(l_onoff: 1, l_linger: 0))
      // Connecting to nowhere ends a connection at once, with a reset.
      var address = sockaddr()
      address.sa_family = sa_family_t(AF_UNSPEC)
      unsafe Foundation.connect(descriptor, &address, socklen_t(MemoryLayout<sockaddr>.size))
    case .halfClose: shutdown(descriptor, Int32(SHUT_WR))
    }
  }
}

extension SocketClient {
  /// Sends all of a text; false when the server does not take it any more.
  @discardableResult
  public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Sends all of some bytes; false when the server does not take them any more.
  @discardableResult
  public func send(_ bytes: [UInt8]) -> Bool {
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

  /// Up to so many bytes; empty at the end of the connection, at an error, or after two minutes.
  public func receive(_ byteCount: Int = 64 << 10) -> [UInt8] { receive(byteCount, flags: 0) }

  private func receive(_ byteCount: Int, flags: Int32) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = unsafe max(0, recv(descriptor, buffer.baseAddress, byteCount, flags))
    }
  }

  /// The bytes up to the end of the connection.
  private func receiveRest() -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let piece = receive()
      guard !piece.isEmpty else { return bytes }
      bytes += piece
    }
  }

  /// The text up to the end of the connection.
  public func receiveAll() -> String { String(decoding: receiveRest(), as: UTF8.self) }

  /// The next answer, by its `content-length`, or an interim one; nil if the connection ends before its end.
  public func receiveReply() -> Reply? {
    guard let head = receiveHead() else { return nil }
    var body: [UInt8] = []
    var missing = Self.number(after: "content-length: ", in: head)
    while missing > 0 {
      let piece = receive(min(missing, 1 << 20))
      guard !piece.isEmpty else { return nil }
      body += piece.prefix(max(0, Self.keptByteCount - body.count))
      missing -= piece.count
    }
    return Reply(
      status: Self.number(after: "HTTP/1.1 ", in: head), head: head,
      body: String(decoding: body, as: UTF8.self))
  }

  /// Takes bytes up to the empty line that ends a head, and none of what follows.
  private func receiveHead() -> String? {
    let mark = Array("\r\n\r\n".utf8)
    var head: [UInt8] = []
    while true {
      let peeked = receive(4096, flags: Int32(MSG_PEEK))
      guard !peeked.isEmpty else { return nil }
      let known = head.count
      head += peeked
      if let end = head[max(0, known - 3)...].firstRange(of: mark)?.upperBound {
        _ = receive(end - known)
        return String(decoding: head[..<end], as: UTF8.self)
      }
      _ = receive(peeked.count)
    }
  }

  private static func number(after mark: String, in text: String) -> Int {
    guard let start = text.range(of: mark)?.upperBound else { return 0 }
    return Int(text[start...].prefix { $0.isASCII && $0.isNumber }) ?? 0
  }

  /// Sends a request and waits for its answer.
  public func exchange(_ request: [UInt8]) -> Reply? {
    send(request) ? receiveReply() : nil
  }

  /// Sends a request and returns all that is answered up to the connection's end, on a thread of its own.
  ///
  /// A refusal may come before all is sent, so a request that is not taken whole is no error.
  public func answer(to request: [UInt8]) async -> [UInt8] {
    await Blocking.run {
      self.send(request)
      return self.receiveRest()
    }
  }

  /// Sends a request and returns all that is answered up to the connection's end, on a thread of its own.
  public func answer(to request: String) async -> String {
    String(decoding: await answer(to: Array(request.utf8)), as: UTF8.self)
  }
}
