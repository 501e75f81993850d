public import Text

/// A value of a JSON text, with its JSON type.
public enum JSONValue: Sendable, Equatable {
  /// `null`.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A number, with its spelling.
  case number(JSONNumber)
  /// UTF-8 with escapes resolved; a view of the text if it has none.
  case string(ByteString)
  /// The elements in order.
  case array([JSONValue])
  /// The members in order.
  case object(JSONObject)

  /// Parses a whole text.
  /// - Parameters:
  ///   - bytes: The text.
  ///   - limits: Limits on its structure.
  ///   - isCancelled: Called now and then; returning true stops the reading.
  public init(
    _ bytes: [UInt8], limits: JSONReader.Limits = JSONReader.Limits(),
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(JSONError) {
    var reader = JSONReader(bytes, limits: limits, isCancelled: isCancelled)
    self = try reader.value()
    try reader.end()
  }

  /// The name of this value's type in messages.
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
  /// Reads a value of any type, including nested values.
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

/// Values made by the program.
extension JSONValue {
  /// Creates a string.
  public static func string(_ text: String) -> JSONValue { .string(ByteString(text)) }

  /// Creates a number.
  public static func integer(_ value: some FixedWidthInteger) -> JSONValue {
    .number(JSONNumber(value))
  }

  /// Creates a number, or null for infinities and NaN, which JSON cannot spell (RFC 8259 §6).
  public static func number(_ value: Double) -> JSONValue {
    JSONNumber(value).map { .number($0) } ?? .null
  }

  /// Creates a number with the digits of a single-precision value, or null as for doubles.
  public static func float(_ value: Float) -> JSONValue {
    JSONNumber(value).map { .number($0) } ?? .null
  }

  /// Creates an object.
  public static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(JSONObject(members.map { JSONObject.Member(name: ByteString($0), value: $1) }))
  }

  /// Creates an object without the members that are nil.
  public static func object(present members: [(String, JSONValue?)]) -> JSONValue {
    .object(members.compactMap { name, value in value.map { (name, $0) } })
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  /// Creates a string.
  public init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral
{
  /// Creates a number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// Creates a number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// Creates `true` or `false`.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  /// Creates an array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// Creates an object with its members in the order of the literal.
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements) }
}

/// The members of a JSON object; names are unique unless duplicates were allowed in reading.
public struct JSONObject: Sendable, Equatable {
  /// A name and its value.
  public struct Member: Sendable, Equatable {
    /// The name, with escapes resolved.
    public let name: ByteString
    /// The value.
    public let value: JSONValue

    /// Creates a member.
    public init(name: ByteString, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// The members in the order of the text.
  public let members: [Member]

  /// Creates an object.
  public init(_ members: [Member] = []) { self.members = members }

  /// Returns the value of a name, of the last member if there are several; nil if it is absent or
  /// `null`.
  public subscript(name: ByteString) -> JSONValue? {
    guard let value = members.last(where: { $0.name == name })?.value, value != .null else {
      return nil
    }
    return value
  }
}

/// A number with its spelling in the JSON text.
public struct JSONNumber: Sendable {
  /// 2^53; above it a double cannot distinguish neighbouring integers.
  private static let largestExact = 9_007_199_254_740_992.0
  /// Longer spellings add no information that a double could hold.
  private static let lengthLimit = 64

  /// The number in the JSON text.
  let spelling: String

  /// Parses `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`; nil for anything else (RFC 8259 §6).
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
    self.spelling = String(decoding: spelling.bytes, as: UTF8.self)
  }

  /// Creates a number from an integer.
  public init(_ value: some FixedWidthInteger) { spelling = "\(value)" }

  /// Creates a number with the fewest digits that distinguish a value among those of its type; nil for
  /// infinities and NaN.
  public init?(_ value: some BinaryFloatingPoint & CustomStringConvertible) {
    guard value.isFinite else { return nil }
    spelling = "\(value)"
  }

  /// The nearest double; nil if it overflows.
  public var double: Double? { Double(spelling).flatMap { $0.isFinite ? $0 : nil } }

  /// The value as an integer: of `4`, and also of `4.0`, which JSON Schema treats as equal;
  /// otherwise nil.
  public var integer: Int? { integer(as: Int.self) }

  /// Returns the value as an integer of a type; nil if it is not one or does not fit.
  public func integer<Integer: FixedWidthInteger>(as type: Integer.Type) -> Integer? {
    if let integer = Integer(spelling) { return integer }
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
  /// Returns whether both are the same number, regardless of spelling.
  public static func == (first: JSONNumber, second: JSONNumber) -> Bool {
    if let first = first.integer, let second = second.integer { return first == second }
    return first.double == second.double
  }
}

/// A JSON file written by people or other programs: duplicate names are recorded, not refused.
public struct JSONDocument: Sendable {
  /// The content of the file; of duplicate names the last counts, as in most other readers.
  public let root: JSONValue
  /// The first few duplicate names.
  public let repeatedNames: [ByteString]

  /// Parses a whole file.
  public init(_ bytes: [UInt8], limits: JSONReader.Limits = .init()) throws(JSONError) {
    var reader = JSONReader(bytes, limits: limits, repeatedNames: .noted)
    root = try reader.value()
    try reader.end()
    repeatedNames = reader.repeatedNames
  }
}
