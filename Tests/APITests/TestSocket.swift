import Dispatch
import Glibc
import HTTP

/// A plain TCP connection to this machine.
///
/// Its calls block, so they run outside Swift's own few threads, which the server's tasks need.
final class TestSocket: Sendable {
  struct Failure: Error { let errno: Int32 }

  private let descriptor: Int32

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, length)
      }
    }
    guard result == 0 else { throw Failure(errno: errno) }
    var time = timeval(tv_sec: 120, tv_usec: 0)
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Leaves, as a client does that gives up.
  func leave() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes[sent...].withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(errno: errno) }
      sent += count
    }
  }

  /// Everything up to the end of the connection.
  func receiveAll() async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Result { String(decoding: try self.receiveBlocking(), as: UTF8.self) })
      }
    }
  }

  /// The same, on the thread of the caller.
  func receiveBlocking() throws -> [UInt8] {
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
      }
      guard count >= 0 else { throw Failure(errno: errno) }
      guard count > 0 else { return received }
      received += buffer[..<count]
    }
  }

  /// Sends a request and reads all that is answered.
  func exchange(_ text: String) async throws -> String {
    try send(text)
    return try await receiveAll()
  }
}
