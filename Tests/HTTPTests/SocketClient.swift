import Foundation
import Glibc
import HTTP

/// A plain blocking client for the tests that need a real socket.
///
/// Its calls block, so they must stay off the threads of Swift's tasks: `SocketClient.run` does that.
final class SocketClient: Sendable {
  struct Reply: Equatable {
    var status: Int
    var head: String
    var body: String
  }

  private let descriptor: Int32

  /// Runs blocking work on a thread of its own: a dispatch queue shares its few threads with tasks.
  static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: body()) }
    }
  }

  init(_ address: BindAddress, receiveBufferBytes: Int32? = nil) {
    switch address {
    case .tcp(_, let port):
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      if var size = receiveBufferBytes {
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
      }
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      Self.connect(descriptor, name)
    case .unix(let path):
      descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var name = sockaddr_un()
      name.sun_family = sa_family_t(AF_UNIX)
      unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
      Self.connect(descriptor, name)
    }
    // A reply that does not come must fail its test, not hang it.
    var limit = timeval(tv_sec: 120, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
  }

  deinit { Glibc.close(descriptor) }

  private static func connect<Name>(_ descriptor: Int32, _ name: Name) {
    var name = name
    unsafe withUnsafePointer(to: &name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe _ = Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Name>.size))
      }
    }
  }

  /// Sends all of it; false when the server does not take it any more.
  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Up to so many bytes; empty at the end, an error, or after two minutes.
  func receive(_ byteCount: Int = 65536) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: byteCount)
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
    }
    return Array(buffer.prefix(max(0, count)))
  }

  /// Everything up to the end.
  func receiveAll() -> String {
    var bytes: [UInt8] = []
    while true {
      let piece = receive()
      guard !piece.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
      bytes += piece
    }
  }

  /// One reply with a `Content-Length`, or an interim one.
  func receiveReply() -> Reply? {
    var bytes: [UInt8] = []
    while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let byte = receive(1)
      guard !byte.isEmpty else { return nil }
      bytes += byte
    }
    let head = String(decoding: bytes, as: UTF8.self)
    let length = head.components(separatedBy: "content-length: ").dropFirst().first
      .flatMap { Int($0.prefix { $0.isNumber }) }
    var body: [UInt8] = []
    while body.count < length ?? 0 {
      let piece = receive(min(65536, (length ?? 0) - body.count))
      guard !piece.isEmpty else { return nil }
      body += piece
    }
    let status = Int(head.dropFirst(9).prefix(3)) ?? 0
    return Reply(status: status, head: head, body: String(decoding: body, as: UTF8.self))
  }

  /// Sends no more, and may still receive.
  func shutDownSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Makes closing send a reset.
  func resetOnClose() {
    var choice = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<linger>.size)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &choice, size)
  }
}
