internal import Foundation
internal import Weights

/// Reads the files under `Tests/Fixtures`.
///
/// Paths are relative to that folder: `reference/tiny/text.safetensors`.
public enum Fixture {
  /// The absolute path of a fixture, whether or not it exists.
  public static func path(_ relative: String) -> String {
    URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures").appending(path: relative).path
  }

  /// A file's content.
  public static func bytes(_ relative: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path(relative))))
  }

  /// A decoded JSON file; keys in `snake_case` decode into properties in `camelCase`.
  public static func json<Value: Decodable>(
    _ relative: String, as type: Value.Type = Value.self
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(try bytes(relative)))
  }

  /// The tensors of a safetensors file.
  public static func tensors(_ relative: String) throws -> FixtureTensors {
    FixtureTensors(checkpoint: try Checkpoint.open(file: path(relative)))
  }
}
