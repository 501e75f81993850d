import Foundation

/// What is known of the terminal, if there is one.
enum Terminal {
  /// Whether standard error is a terminal on which a line can be replaced.
  static var errorMovesCursor: Bool {
    let type = ProcessInfo.processInfo.environment["TERM"] ?? ""
    return Console.errorIsTerminal && !type.isEmpty && type != "dumb" && type != "unknown"
  }

  /// Columns of the terminal at standard error; 80 where it does not say.
  static var errorColumns: Int { size(of: STDERR_FILENO).map { Int($0.ws_col) } ?? 80 }

  /// The size of a terminal; nil where it does not say.
  static func size(of descriptor: Int32) -> winsize? {
    var size = winsize()
    let status = unsafe withUnsafeMutablePointer(to: &size) {
      unsafe ioctl(descriptor, UInt(TIOCGWINSZ), $0)
    }
    return status == 0 && size.ws_col > 0 ? size : nil
  }
}
