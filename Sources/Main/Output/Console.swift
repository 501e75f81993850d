import Foundation
import Rendering

/// The program's two streams: results go to standard output, everything else to standard error.
enum Console {
  /// Prints a result; one that nobody gets is a failure.
  static func print(_ text: String) throws(CommandFailure) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      throw CommandFailure("standard output cannot be written to")
    }
  }

  /// Prints an error or a notice, as one line.
  static func report(_ message: String) {
    write("iris: " + TerminalText.oneLine(message) + "\n")
  }

  /// Prints warnings, a line each; they are no progress, so that nothing turns them off.
  static func warn(_ warnings: [RenderWarning]) {
    for warning in warnings { write("warning: " + TerminalText.oneLine(warning.message) + "\n") }
  }

  /// Writes to standard error as it is; what cannot be written is lost, there being nowhere else to
  /// say so.
  static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Whether someone watches standard output.
  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether standard input is someone who types.
  static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// Whether someone watches standard error.
  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
