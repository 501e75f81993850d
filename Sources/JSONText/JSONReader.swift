public import Text

/// Reads JSON exactly as RFC 8259 has it, by pulling: the caller opens an object or array and asks
/// for one member after another, or for a whole ``JSONValue``.
///
/// Whatever the bytes are, reading takes time proportional to them, and ends or throws. Strings are
/// views of the text unless they hold escapes, are UTF-8, and hold no half of a surrogate pair. A
/// name that an object has twice is a fault of its own kind, or is noted.
public struct JSONReader: Sendable {
  /// What a text may grow to.
  public struct Limits: Sendable {
    /// How many objects and arrays may lie in each other; bounds the recursion.
    public var depth = 64
    /// How many values there may be.
    public var values = Int.max

    /// The usual limits.
    public init() {}

    /// Chosen limits.
    public init(depth: Int, values: Int) {
      self.depth = depth
      self.values = values
    }
  }

  /// What becomes of a name that an object has twice.
  public enum RepeatedNames: Sendable {
    /// It is a fault.
    case refused
    /// It is listed in ``JSONReader/repeatedNames``, and read again.
    case noted
  }

  /// An object or array that has been opened and not yet closed.
  private struct Container {
    let end: Unicode.Scalar
    var isEmptySoFar = true
    var names: Set<ByteString> = []
  }

  let bytes: [UInt8]
  var position = 0
  let isCancelled: @Sendable () -> Bool
  /// Where `isCancelled` is asked next.
  var nextCheck = 0
  private let limits: Limits
  private let handling: RepeatedNames
  /// The first few names that an object had again.
  public private(set) var repeatedNames: [ByteString] = []
  /// A file that is wrong everywhere need not be listed whole.
  private static let repeatedNameLimit = 8
  private var containers: [Container] = []
  private var valueCount = 1

  /// Begins at the first byte.
  /// - Parameters:
  ///   - bytes: The text.
  ///   - limits: What it may grow to.
  ///   - repeatedNames: What becomes of a name that an object has twice.
  ///   - isCancelled: Asked now and then; true ends the reading.
  public init(
    _ bytes: [UInt8], limits: Limits = Limits(), repeatedNames: RepeatedNames = .refused,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.bytes = bytes
    self.limits = limits
    handling = repeatedNames
    self.isCancelled = isCancelled
  }

  /// A fault at the place reached.
  public func error(_ problem: String, _ kind: JSONError.Kind = .malformed) -> JSONError {
    JSONError(kind: kind, problem: problem, position: position)
  }

  /// The first byte of the next value, by which its kind is known; nil at the end of the text.
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

  /// The next name of the innermost object; nil where the object ends.
  public mutating func nextName() throws(JSONError) -> ByteString? {
    guard try nextElement() else { return nil }
    let name = try string()
    if !containers[containers.count - 1].names.insert(name).inserted { try note(repeated: name) }
    try expect(":")
    return name
  }

  /// Whether another element follows in the innermost array.
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

  /// A number of any form.
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

  /// A whole number from 0, in digits alone.
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

  /// `true` or `false`.
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

  /// Passes over a value of any kind, as strictly as it would be read.
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

  /// Checks that nothing follows the outermost value.
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

/// Why a JSON text was not read to its end.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of fault.
  public enum Kind: Sendable, Equatable {
    /// The text is not what RFC 8259 has, or what the caller asked for, or beyond the limits.
    case malformed
    /// An object has this name twice.
    case duplicate(ByteString)
    /// The text is well-formed, but says something that the caller does not take.
    case unsupported
    /// Nobody waits for the outcome any more.
    case cancelled
  }

  /// The kind of fault.
  public let kind: Kind
  /// What is wrong, without the place.
  public let problem: String
  /// The byte at which it was found.
  public let position: Int

  /// The problem and its place.
  public var description: String { "\(problem) at byte \(position)" }
}
