public import Text

/// A value that was read from a JSON text, its type kept apart from all others.
public enum JSONValue: Sendable, Equatable {
  /// `null`.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A number, as it was spelled.
  case number(JSONNumber)
  /// UTF-8 with its escapes resolved; a view of the text where there were none.
  case string(ByteString)
  /// The elements in order.
  case array([JSONValue])
  /// The members in order.
  case object(JSONObject)

  /// Reads a whole text.
  /// - Parameters:
  ///   - bytes: The text.
  ///   - limits: What it may grow to.
  ///   - isCancelled: Asked now and then; true ends the reading.
  public init(
    _ bytes: [UInt8], limits: JSONReader.Limits = JSONReader.Limits(),
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(JSONError) {
    var reader = JSONReader(bytes, limits: limits, isCancelled: isCancelled)
    self = try reader.value()
    try reader.end()
  }

  /// What messages call a value of this type.
  public var typeName: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONReader {
  /// A value of any kind, with all that is in it.
  public mutating func value() throws(JSONError) -> JSONValue {
    switch peek() {
    case UInt8(ascii: "{"):
      try beginObject()
      var members: [JSONObject.Member] = []
      while let name = try nextName() { members.append(.init(name: name, value: try value())) }
      return .object(JSONObject(members))
    case UInt8(ascii: "["):
      try beginArray()
      var elements: [JSONValue] = []
      while try nextElement() { elements.append(try value()) }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean(try boolean())
    case UInt8(ascii: "n"):
      try null()
      return .null
    case nil: throw error("the text ends too early")
    default: return .number(try number())
    }
  }
}

/// The members of a JSON object, their names all different unless it was read otherwise.
public struct JSONObject: Sendable, Equatable {
  /// A name and its value.
  public struct Member: Sendable, Equatable {
    /// The name, its escapes resolved.
    public let name: ByteString
    /// The value.
    public let value: JSONValue

    /// Puts a member together.
    public init(name: ByteString, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// The members in the order of the text.
  public let members: [Member]

  /// An object of these members.
  public init(_ members: [Member] = []) { self.members = members }

  /// The value of a name, the last if there are several; nil where there is none, or `null`.
  public subscript(name: ByteString) -> JSONValue? {
    guard let value = members.last(where: { $0.name == name })?.value, value != .null else {
      return nil
    }
    return value
  }
}

/// A number as a JSON text spells it.
public struct JSONNumber: Sendable {
  /// Beyond this, a double no longer tells neighbouring integers apart.
  private static let largestExact = 9_007_199_254_740_992.0
  /// Longer spellings carry no information that a double could hold.
  private static let lengthLimit = 64

  private let text: String

  /// Reads `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`; nil for anything else (RFC 8259 §6).
  public init?(_ spelling: ByteString) {
    guard spelling.count <= Self.lengthLimit else { return nil }
    var rest = spelling.bytes
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let whole = Self.takeDigits(&rest)
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return nil }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard !Self.takeDigits(&rest).isEmpty else { return nil }
    }
    if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
        rest = rest.dropFirst()
      }
      guard !Self.takeDigits(&rest).isEmpty else { return nil }
    }
    guard rest.isEmpty else { return nil }
    text = String(decoding: spelling.bytes, as: UTF8.self)
  }

  /// A number that the program itself writes down.
  public init(_ value: Int) { text = "\(value)" }

  /// The nearest double; nil beyond the largest.
  public var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }

  /// The integer, if it is one: `4`, and also `4.0`, which JSON Schema does not tell apart.
  public var integer: Int? { integer(as: Int.self) }

  /// The integer of a type, if it is one that fits.
  public func integer<Integer: FixedWidthInteger>(as type: Integer.Type) -> Integer? {
    if let integer = Integer(text) { return integer }
    guard let double, double == double.rounded(), abs(double) <= Self.largestExact
    else { return nil }
    return Integer(exactly: double)
  }

  private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    rest = rest.dropFirst(digits.count)
    return digits
  }
}

extension JSONNumber: Equatable {
  /// Whether both are the same number, however they are spelled.
  public static func == (first: JSONNumber, second: JSONNumber) -> Bool {
    if let first = first.integer, let second = second.integer { return first == second }
    return first.double == second.double
  }
}

/// A JSON file that people and other programs write: a name that an object has twice is no fault, but is
/// told.
public struct JSONDocument: Sendable {
  /// What the file holds; of values with the same name the last counts, as in most other readers.
  public let root: JSONValue
  /// The first few names that an object has again.
  public let repeatedNames: [ByteString]

  /// Reads a whole file.
  public init(_ bytes: [UInt8], limits: JSONReader.Limits = .init()) throws(JSONError) {
    var reader = JSONReader(bytes, limits: limits, repeatedNames: .noted)
    root = try reader.value()
    try reader.end()
    repeatedNames = reader.repeatedNames
  }
}
