public import Text

/// A pull parser for JSON, strict to RFC 8259: the caller opens an object or array and reads one
/// member after another, or reads a whole ``JSONValue``.
///
/// Reading any input takes linear time and either succeeds or throws. Strings are views of the text
/// unless they contain escapes; they are valid UTF-8 without lone surrogates. A duplicate name in
/// an object is reported as its own kind of error, or recorded.
public struct JSONReader: Sendable {
  /// Limits on the structure of a text.
  public struct Limits: Sendable {
    /// The maximum nesting of objects and arrays; bounds the recursion.
    public var depth = 64
    /// The maximum number of values.
    public var values = Int.max

    /// Creates the default limits.
    public init() {}

    /// Creates limits.
    public init(depth: Int, values: Int) {
      self.depth = depth
      self.values = values
    }
  }

  /// The treatment of duplicate names in an object.
  public enum RepeatedNames: Sendable {
    /// A duplicate is an error.
    case refused
    /// A duplicate is recorded in ``JSONReader/repeatedNames`` and read again.
    case noted
  }

  /// An open object or array.
  private struct Container {
    let end: Unicode.Scalar
    var isEmptySoFar = true
    var names: Set<ByteString> = []
  }

  let bytes: [UInt8]
  var position = 0
  let isCancelled: @Sendable () -> Bool
  /// The position of the next cancellation check.
  var nextCheck = 0
  private let limits: Limits
  private let handling: RepeatedNames
  /// The first few duplicate names.
  public private(set) var repeatedNames: [ByteString] = []
  /// Bounds the list for a file full of duplicates.
  private static let repeatedNameLimit = 8
  private var containers: [Container] = []
  private var valueCount = 1

  /// Creates a reader at the first byte.
  /// - Parameters:
  ///   - bytes: The text.
  ///   - limits: Limits on its structure.
  ///   - repeatedNames: The treatment of duplicate names in an object.
  ///   - isCancelled: Called now and then; returning true stops the reading.
  public init(
    _ bytes: [UInt8], limits: Limits = Limits(), repeatedNames: RepeatedNames = .refused,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.bytes = bytes
    self.limits = limits
    handling = repeatedNames
    self.isCancelled = isCancelled
  }

  /// Returns an error at the current position.
  public func error(_ problem: String, _ kind: JSONError.Kind = .malformed) -> JSONError {
    JSONError(kind: kind, problem: problem, position: position)
  }

  /// Returns the first byte of the next value, which determines its type; nil at the end of the
  /// text.
  public mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position &+= 1
      default: return bytes[position]
      }
    }
    return nil
  }

  /// Opens an object.
  public mutating func beginObject() throws(JSONError) { try begin("{", closing: "}") }

  /// Opens an array.
  public mutating func beginArray() throws(JSONError) { try begin("[", closing: "]") }

  /// Reads the next name of the innermost object; returns nil at the object's end.
  public mutating func nextName() throws(JSONError) -> ByteString? {
    guard try nextElement() else { return nil }
    let name = try string()
    if !containers[containers.count - 1].names.insert(name).inserted { try note(repeated: name) }
    try expect(":")
    return name
  }

  /// Returns whether another element follows in the innermost array.
  public mutating func nextElement() throws(JSONError) -> Bool {
    guard let container = containers.last else { throw error("no array or object is open") }
    guard let byte = peek() else { throw error("the text ends too early") }
    if byte == UInt8(ascii: container.end) {
      position += 1
      containers.removeLast()
      return false
    }
    if !container.isEmptySoFar, !skip(",") {
      throw error("expected '\(container.end)' or ','")
    }
    containers[containers.count - 1].isEmptySoFar = false
    valueCount += 1
    guard valueCount <= limits.values else { throw error("more than \(limits.values) values") }
    return true
  }

  /// Reads a number.
  public mutating func number() throws(JSONError) -> JSONNumber {
    _ = peek()
    let start = position
    while position < bytes.count, Self.isNumeric(bytes[position]) { position &+= 1 }
    guard let number = JSONNumber(ByteString(bytes[start..<position])) else {
      position = start
      throw error("expected a value")
    }
    return number
  }

  /// Reads a nonnegative integer, written in digits alone.
  public mutating func wholeNumber() throws(JSONError) -> Int {
    _ = peek()
    let digits = ByteString(bytes[position...].prefix { (0x30...0x39).contains($0) })
    guard let first = digits.first, digits.count == 1 || first != 0x30 else {
      throw error("expected a whole number")
    }
    guard let value = digits.decimal else { throw error("a number is too large") }
    position += digits.count
    return value
  }

  /// Reads `true` or `false`.
  public mutating func boolean() throws(JSONError) -> Bool {
    switch peek() {
    case UInt8(ascii: "t"):
      try word("true")
      return true
    case UInt8(ascii: "f"):
      try word("false")
      return false
    default: throw error("expected true or false")
    }
  }

  /// Reads `null`.
  public mutating func null() throws(JSONError) { try word("null") }

  /// Skips a value of any type, with the same checks as reading it.
  public mutating func skipValue() throws(JSONError) {
    switch peek() {
    case UInt8(ascii: "{"):
      try beginObject()
      while try nextName() != nil { try skipValue() }
    case UInt8(ascii: "["):
      try beginArray()
      while try nextElement() { try skipValue() }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try boolean()
    case UInt8(ascii: "n"): try null()
    case nil: throw error("the text ends too early")
    default: _ = try number()
    }
  }

  /// Checks that only white space follows the outermost value.
  public mutating func end() throws(JSONError) {
    guard peek() == nil else { throw error("text after the end of the value") }
  }

  private mutating func note(repeated name: ByteString) throws(JSONError) {
    guard handling == .noted else { throw error("duplicate name '\(name)'", .duplicate(name)) }
    if repeatedNames.count < Self.repeatedNameLimit, !repeatedNames.contains(name) {
      repeatedNames.append(name)
    }
  }

  private mutating func begin(
    _ mark: Unicode.Scalar, closing end: Unicode.Scalar
  ) throws(JSONError) {
    try expect(mark)
    guard containers.count < limits.depth else { throw error("nested too deeply") }
    containers.append(Container(end: end))
  }

  private mutating func word(_ word: StaticString) throws(JSONError) {
    let word = ByteString(stringLiteral: word)
    guard bytes[position...].starts(with: word.bytes) else { throw error("an unknown word") }
    position += word.count
  }

  private static func isNumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x45, 0x65: true
    default: false
    }
  }

  private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: mark) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ mark: Unicode.Scalar) throws(JSONError) {
    guard skip(mark) else { throw error("expected '\(mark)'") }
  }
}

/// An error that stopped the reading of a JSON text.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of error.
  public enum Kind: Sendable, Equatable {
    /// The text is not valid JSON, not of the expected type, or exceeds the limits.
    case malformed
    /// An object has this name twice.
    case duplicate(ByteString)
    /// The text is valid JSON, but the caller does not support its content.
    case unsupported
    /// The reading was cancelled.
    case cancelled
  }

  /// The kind of error.
  public let kind: Kind
  /// The problem, without its position.
  public let problem: String
  /// The byte offset of the problem.
  public let position: Int

  /// The problem and its position.
  public var description: String { "\(problem) at byte \(position)" }
}
