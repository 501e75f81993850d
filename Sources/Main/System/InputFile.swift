import Files

/// Reads files that are named on the command line.
enum InputFile {
  /// The bytes of a file; a larger one than allowed is an error, and is not read.
  static func read(_ path: String, limit: Int) throws -> [UInt8] {
    do {
      return try BoundedFile.bytes(of: path, limit: limit)
    } catch {
      throw CommandFailure("\(path) \(error)")
    }
  }
}
