import Foundation

/// Reads files that are named on the command line.
enum InputFile {
  /// The bytes of a file.
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: Larger files are an error, and are not read.
  static func read(_ path: String, limit: Int) throws -> [UInt8] {
    let file: FileHandle
    do {
      let attributes = try FileManager.default.attributesOfItem(
        atPath: URL(filePath: path).resolvingSymlinksInPath().path)
      // Anything else, a pipe for one, might never end.
      guard attributes[.type] as? FileAttributeType == .typeRegular else {
        throw CommandFailure("\(path) is not a file")
      }
      file = try FileHandle(forReadingFrom: URL(filePath: path))
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure("cannot read \(path): it does not exist or may not be read")
    }
    defer { try? file.close() }
    guard let data = try file.read(upToCount: limit + 1) else { return [] }
    guard data.count <= limit else {
      throw CommandFailure("\(path) is larger than the \(limit >> 20) MB allowed")
    }
    return Array(data)
  }
}
