import Files
import Imaging

/// Reads files that are named on the command line: regular files, pipes and open descriptors.
enum InputFile {
  /// Stands for standard input in place of a path.
  static let standardInput = "-"

  /// Reads a file, a pipe to its end, or standard input for `-`.
  ///
  /// Throws if there are more than `limit` bytes.
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

  /// Reads an image file.
  /// - Parameters:
  ///   - path: The file, or `-` for standard input.
  ///   - decode: Decodes its bytes.
  static func readImage<Result>(
    _ path: String, _ decode: ([UInt8]) throws(ImagingError) -> Result
  ) throws -> Result {
    let bytes = try read(path, limit: ImageLimits().byteCount)
    do {
      return try decode(bytes)
    } catch {
      throw CommandFailure("\(name(of: path)): \(error)")
    }
  }

  /// Returns whether a path leads to standard input.
  static func isStandardInput(_ path: String) -> Bool { descriptor(of: path) == 0 }

  /// The name of a path in messages.
  static func name(of path: String) -> String {
    path == standardInput ? "standard input" : path
  }

  /// The open descriptor that a path stands for.
  ///
  /// It is read where it stands, because opening it anew fails for sockets and begins files from their
  /// start.
  private static func descriptor(of path: String) -> Int32? {
    path == standardInput ? 0 : FileDescriptors.number(of: path)
  }
}
