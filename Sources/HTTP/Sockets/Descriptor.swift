import Glibc

/// A file descriptor that closes with its last owner.
final class Descriptor: Sendable {
  let number: Int32

  /// Takes ownership of what a system call returned.
  /// - Throws: `system` with `errno` if it returned -1.
  init(_ number: Int32, _ what: String) throws(Fault) {
    guard number >= 0 else { throw Fault(.system(errno: errno), "\(what) failed") }
    self.number = number
  }

  deinit { close(number) }

  /// Tells a socket's peer that nothing more will come.
  func shutDownSending() { shutdown(number, Int32(SHUT_WR)) }
}

extension Fault {
  /// Checks a system call's result.
  static func check(_ result: Int32, _ what: String) throws(Fault) {
    guard result == 0 else { throw Fault(.system(errno: errno), "\(what) failed") }
  }
}
