public import Foundation

/// A folder of its own for a test, which is removed with the value that stands for it.
public final class TemporaryFolder: Sendable {
  /// The folder's location.
  public let url: URL

  /// Makes an empty folder.
  public init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "iris-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    // A program or a task that was told to end may write into it meanwhile.
    for _ in 0..<100 {
      try? FileManager.default.removeItem(at: url)
      if !FileManager.default.fileExists(atPath: url.path) { return }
      usleep(20_000)
    }
  }

  /// The folder's absolute path.
  public var path: String { url.path }

  /// The location of a file in it, whether or not it exists.
  public func url(_ name: String) -> URL { url.appending(path: name) }

  /// The absolute path of a file in it, whether or not it exists.
  public func path(_ name: String) -> String { url(name).path }

  /// Writes a file, and the folders that lead to it.
  /// - Returns: The file's absolute path.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    let file = url(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }

  /// Writes a text file, and the folders that lead to it.
  /// - Returns: The file's absolute path.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    try write(Array(text.utf8), to: name)
  }
}
