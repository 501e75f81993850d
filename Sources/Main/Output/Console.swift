import Foundation

/// The program's two streams: results go to standard output, everything else to standard error.
enum Console {
  /// Prints a result.
  static func print(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  /// Prints an error or a notice, as one line.
  static func report(_ message: String) {
    write("iris: " + TerminalText.oneLine(message) + "\n")
  }

  /// Writes to standard error as it is.
  static func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }

  /// Whether someone watches standard error.
  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
