public import Text

/// A JSON file that people and other programs write: a name that an object has twice is no fault, but is
/// told.
public struct JSONDocument: Sendable {
  /// What the file holds; of values with the same name the last counts, as in most other readers.
  public let root: JSONValue
  /// The first few names that an object has again.
  public let repeatedNames: [ByteString]

  /// Reads a whole file.
  public init(_ bytes: [UInt8], limits: JSONReader.Limits = .init()) throws(JSONFault) {
    var reader = JSONReader(bytes, limits: limits, repeatedNames: .noted)
    root = try reader.value()
    try reader.end()
    repeatedNames = reader.repeatedNames
  }
}
