import Foundation
import Rendering

/// The program's streams: results go to standard output, everything else to standard error.
enum Console {
  /// Prints a result; throws if it cannot be written.
  static func print(_ text: String, terminator: String = "\n") throws(CommandFailure) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + terminator).utf8))
    } catch {
      throw CommandFailure("standard output cannot be written to")
    }
  }

  /// Prints an error or a notice as one line.
  static func report(_ message: String) {
    write("iris: " + TextFormat.singleLine(message) + "\n")
  }

  /// Prints warnings, one on a line; unlike progress, they cannot be turned off.
  static func warn(_ warnings: [RenderWarning]) {
    for warning in warnings { write("warning: " + TextFormat.singleLine(warning.message) + "\n") }
  }

  /// Writes text to standard error as it is; failures are ignored, as there is nowhere to report them.
  static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// True if standard output is a terminal.
  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// True if standard input is a terminal.
  static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }
}

/// Properties of the terminal, if there is one.
enum Terminal {
  /// True if standard error is a terminal on which a line can be replaced.
  static var errorMovesCursor: Bool {
    let type = ProcessInfo.processInfo.environment["TERM"] ?? ""
    return isatty(STDERR_FILENO) == 1 && !type.isEmpty && type != "dumb" && type != "unknown"
  }

  /// The columns of the terminal at standard error; 80 if it does not say.
  static var errorColumns: Int { size(of: STDERR_FILENO).map { Int($0.ws_col) } ?? 80 }

  /// The size of a terminal; nil if it does not say.
  static func size(of descriptor: Int32) -> winsize? {
    var size = winsize()
    let status = unsafe withUnsafeMutablePointer(to: &size) {
      unsafe ioctl(descriptor, UInt(TIOCGWINSZ), $0)
    }
    return status == 0 && size.ws_col > 0 ? size : nil
  }
}

/// The terminal from which the program was started.
struct ControllingTerminal {
  private let wasThere = Self.isThere

  /// True if there was a terminal when this value was made and there is none any more: it was closed,
  /// or the connection to it broke.
  var isLost: Bool { wasThere && !Self.isThere }

  private static var isThere: Bool {
    let descriptor = unsafe open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    close(descriptor)
    return true
  }
}
