public import Foundation

/// The files of this repository.
public enum Repository {
  /// The folder of `Package.swift`.
  public static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The absolute path of a file or folder, whether or not it exists.
  public static func path(_ relative: String) -> String { root.appending(path: relative).path }

  /// Copies a folder; the copy belongs to whoever runs the tests, which the sources need not.
  public static func copy(_ folder: String, to path: String) throws {
    let run = try ProgramRun.run(["cp", "-R", folder, path])
    guard run.status == 0 else { throw CocoaError(.fileWriteUnknown) }
  }
}

/// Reads the files under `Tests/Fixtures`.
///
/// Paths are relative to that folder: `reference/tiny/text.safetensors`.
public enum Fixture {
  /// The location of a fixture, whether or not it exists.
  public static func url(_ relative: String) -> URL {
    Repository.root.appending(path: "Tests/Fixtures/\(relative)")
  }

  /// The absolute path of a fixture, whether or not it exists.
  public static func path(_ relative: String) -> String { url(relative).path }

  /// A file's content.
  public static func bytes(_ relative: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url(relative)))
  }

  /// A text file's content.
  public static func text(_ relative: String) throws -> String {
    try String(contentsOf: url(relative), encoding: .utf8)
  }

  /// A decoded JSON file; keys in `snake_case` decode into properties in `camelCase`.
  public static func json<Value: Decodable>(
    _ relative: String, as type: Value.Type = Value.self
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: url(relative)))
  }
}
