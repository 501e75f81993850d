import Foundation

/// Works with file descriptors that are open already.
package enum FileDescriptors {
  /// The number in `/dev/stdout`, `/dev/fd/N` or `/proc/self/fd/N`; nil for any other path.
  package static func number(of path: String) -> Int32? {
    switch path {
    case "/dev/stdin": return 0
    case "/dev/stdout": return 1
    case "/dev/stderr": return 2
    default: break
    }
    let folders = [
      "/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/", "/proc/\(getpid())/fd/",
    ]
    guard let folder = folders.first(where: { path.utf8.starts(with: $0.utf8) }) else { return nil }
    let digits = path.utf8.dropFirst(folder.utf8.count)
    guard (1...7).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int32(String(decoding: digits, as: UTF8.self))
  }

  /// Returns whether a descriptor is open for writing.
  static func isWritable(_ descriptor: Int32) -> Bool {
    let flags = fcntl(descriptor, F_GETFL)
    return flags >= 0 && flags & O_ACCMODE != O_RDONLY
  }

  /// Writes all bytes and blocks until they are taken.
  /// - Returns: False if a write failed; `errno` then has the reason.
  static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { buffer in
        unsafe Foundation.write(descriptor, buffer.baseAddress, buffer.count)
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        // Another process that shares the descriptor may have made it non-blocking.
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        unsafe poll(&wait, 1, -1)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}
