import Foundation

/// Plays systemd: a socket to which the service says how it is doing.
final class NotifySocket: Sendable {
  private let descriptor: Int32
  /// The value of `NOTIFY_SOCKET`.
  let name: String

  /// - Parameter name: A path, or `@` and a name that is in no file system.
  init(_ name: String) {
    self.name = name
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(name.utf8)
    if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = unsafe bind(descriptor, $0, length)
      }
    }
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// The next message; empty when none comes within half a minute.
  func next() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }

  /// Everything up to a message with this line, that included.
  func messages(upTo line: String) -> [String] {
    var found: [String] = []
    repeat {
      found.append(next())
    } while found.last?.isEmpty == false
      && found.last?.split(separator: "\n").contains(Substring(line)) != true
    return found
  }
}
