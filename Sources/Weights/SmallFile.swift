/// Reads files that are small by their nature: indices and configurations.
public enum SmallFile {
  /// The bytes of a regular file.
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The most bytes it may have; a longer file is refused unread.
  public static func bytes(of path: String, limit: Int) throws(WeightsError) -> [UInt8] {
    let file = try MappedFile(path: path, name: path)
    guard file.byteCount <= limit else {
      throw WeightsError(
        .malformed, file: path, "has \(file.byteCount) bytes; at most \(limit) are expected")
    }
    return file.bytes(0..<file.byteCount)
  }
}
