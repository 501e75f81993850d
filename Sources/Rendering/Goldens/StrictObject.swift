internal import JSONText
internal import Text

/// A JSON object that may hold no key but those it knows.
struct StrictObject {
  /// The longest text that is taken: more than any prompt or path has.
  private static let textLimit = 16_384

  private let object: JSONObject
  /// Makes the error for a fault of this object.
  private let fault: (_ problem: String) -> RenderError

  /// Takes a value that must be such an object.
  /// - Parameters:
  ///   - value: The value.
  ///   - keys: The keys it may hold.
  ///   - fault: Makes the error for a fault of this object.
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

  /// A text; nil where there is none.
  func text(_ key: String) throws(RenderError) -> String? {
    try optional(key) { Self.text($0) }
  }

  /// A whole number of a type; nil where there is none.
  func integer<Integer: FixedWidthInteger>(_ key: String) throws(RenderError) -> Integer? {
    try optional(key) { value in
      if case .number(let number) = value { number.integer(as: Integer.self) } else { nil }
    }
  }

  /// A number; nil where there is none.
  func number(_ key: String) throws(RenderError) -> Double? {
    try optional(key) { value in
      if case .number(let number) = value { number.double } else { nil }
    }
  }

  /// A value of any type; nil where there is none.
  func value(_ key: String) -> JSONValue? { object[ByteString(key)] }

  /// A list; nil where there is none.
  func list(_ key: String) throws(RenderError) -> [JSONValue]? {
    try optional(key) { value in
      if case .array(let values) = value { values } else { nil }
    }
  }

  /// A list of texts; nil where there is none.
  func texts(_ key: String) throws(RenderError) -> [String]? {
    try optional(key) { value in
      guard case .array(let values) = value else { return nil }
      let texts = values.compactMap(Self.text)
      return texts.count == values.count ? texts : nil
    }
  }

  /// Unwraps a value that must be there.
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
