import Files

/// Reads files that are named on the command line: regular ones, pipes, and what is open already.
enum InputFile {
  /// What stands for standard input, in place of a name.
  static let standardInput = "-"

  /// The bytes of a file; a larger one than allowed is an error.
  ///
  /// A pipe is read to its end, and so is standard input, which `-` stands for.
  static func read(_ path: String, limit: Int) throws -> [UInt8] {
    do {
      if let descriptor = descriptor(of: path) {
        return try BoundedFile.bytes(fromDescriptor: descriptor, limit: limit)
      }
      return try BoundedFile.bytes(waitingFor: path, limit: limit)
    } catch {
      throw CommandFailure("\(name(of: path)) \(error)")
    }
  }

  /// Whether a name leads to standard input.
  static func isStandardInput(_ path: String) -> Bool { descriptor(of: path) == 0 }

  /// What messages call it.
  static func name(of path: String) -> String {
    path == standardInput ? "standard input" : path
  }

  /// The descriptor that a name stands for: it is read from where it is, and not opened anew, which
  /// would fail for sockets and begin files from their start.
  private static func descriptor(of path: String) -> Int32? {
    path == standardInput ? 0 : OpenDescriptor.number(in: path)
  }
}
