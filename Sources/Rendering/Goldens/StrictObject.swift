import JSON
import Text

/// A JSON object without unknown keys.
struct StrictObject {
  /// Maximum length of a text; longer than any prompt or path.
  private static let textLimit = 16_384

  private let object: JSONObject
  /// Creates an error about this object.
  private let fault: (_ problem: String) -> RenderError

  /// Checks that a value is an object without unknown keys.
  /// - Parameters:
  ///   - value: The value.
  ///   - keys: The allowed keys.
  ///   - fault: Creates an error about this object.
  init(
    _ value: JSONValue, keys: [String], fault: @escaping (_ problem: String) -> RenderError
  ) throws(RenderError) {
    guard case .object(let object) = value else { throw fault("it is not a JSON object") }
    self.object = object
    self.fault = fault
    for member in object.members where !keys.contains(where: member.name.equals) {
      throw fault("there is no key `\(member.name)`; known are \(keys.joined(separator: ", "))")
    }
  }

  /// Reads a string; nil if it is absent.
  func text(_ key: String) throws(RenderError) -> String? {
    try optional(key) { Self.text($0) }
  }

  /// Reads an integer; nil if it is absent.
  func integer<Integer: FixedWidthInteger>(_ key: String) throws(RenderError) -> Integer? {
    try optional(key) { value in
      if case .number(let number) = value { number.integer(as: Integer.self) } else { nil }
    }
  }

  /// Reads a number; nil if it is absent.
  func number(_ key: String) throws(RenderError) -> Double? {
    try optional(key) { value in
      if case .number(let number) = value { number.double } else { nil }
    }
  }

  /// Returns a value of any type; nil if it is absent.
  func value(_ key: String) -> JSONValue? { object[ByteString(key)] }

  /// Reads an array; nil if it is absent.
  func list(_ key: String) throws(RenderError) -> [JSONValue]? {
    try optional(key) { value in
      if case .array(let values) = value { values } else { nil }
    }
  }

  /// Reads an array of strings; nil if it is absent.
  func texts(_ key: String) throws(RenderError) -> [String]? {
    try optional(key) { value in
      guard case .array(let values) = value else { return nil }
      let texts = values.compactMap(Self.text)
      return texts.count == values.count ? texts : nil
    }
  }

  /// Unwraps a required value.
  func required<Value>(_ key: String, _ value: Value?) throws(RenderError) -> Value {
    guard let value else { throw fault("`\(key)` is missing") }
    return value
  }

  private static func text(_ value: JSONValue) -> String? {
    if case .string(let bytes) = value { bytes.string(limit: textLimit) } else { nil }
  }

  private func optional<Value>(
    _ key: String, _ read: (JSONValue) -> Value?
  ) throws(RenderError) -> Value? {
    guard let value = object[ByteString(key)] else { return nil }
    guard let read = read(value) else { throw fault("`\(key)` is not what it should be") }
    return read
  }
}
