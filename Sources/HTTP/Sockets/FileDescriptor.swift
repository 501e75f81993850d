import Glibc

/// A file descriptor that closes with its last owner.
final class FileDescriptor: Sendable {
  let number: Int32

  /// Takes ownership of what a system call returned.
  /// - Throws: `system` with `errno` if it returned -1.
  init(_ number: Int32, _ what: String) throws(HTTPError) {
    guard number >= 0 else { throw HTTPError(.system(errno: errno), "\(what) failed") }
    self.number = number
  }

  deinit { close(number) }

  /// Tells a socket's peer that nothing more will come.
  func shutDownSending() { shutdown(number, Int32(SHUT_WR)) }
}

extension HTTPError {
  /// Checks a system call's result.
  static func check(_ result: Int32, _ what: String) throws(HTTPError) {
    guard result == 0 else { throw HTTPError(.system(errno: errno), "\(what) failed") }
  }
}
