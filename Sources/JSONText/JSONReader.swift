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
  public func fault(_ problem: String, _ kind: JSONFault.Kind = .malformed) -> JSONFault {
    JSONFault(kind: kind, problem: problem, position: position)
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
  public mutating func beginObject() throws(JSONFault) { try begin("{", closing: "}") }

  /// Opens an array.
  public mutating func beginArray() throws(JSONFault) { try begin("[", closing: "]") }

  /// The next name of the innermost object; nil where the object ends.
  public mutating func nextName() throws(JSONFault) -> ByteString? {
    guard try nextElement() else { return nil }
    let name = try string()
    if !containers[containers.count - 1].names.insert(name).inserted { try note(repeated: name) }
    try expect(":")
    return name
  }

  /// Whether another element follows in the innermost array.
  public mutating func nextElement() throws(JSONFault) -> Bool {
    guard let container = containers.last else { throw fault("no array or object is open") }
    guard let byte = peek() else { throw fault("the text ends too early") }
    if byte == UInt8(ascii: container.end) {
      position += 1
      containers.removeLast()
      return false
    }
    if !container.isEmptySoFar, !skip(",") {
      throw fault("expected '\(container.end)' or ','")
    }
    containers[containers.count - 1].isEmptySoFar = false
    valueCount += 1
    guard valueCount <= limits.values else { throw fault("more than \(limits.values) values") }
    return true
  }

  /// A number of any form.
  public mutating func number() throws(JSONFault) -> JSONNumber {
    _ = peek()
    let start = position
    while position < bytes.count, Self.isNumeric(bytes[position]) { position &+= 1 }
    guard let number = JSONNumber(ByteString(bytes[start..<position])) else {
      position = start
      throw fault("expected a value")
    }
    return number
  }

  /// A whole number from 0, in digits alone.
  public mutating func wholeNumber() throws(JSONFault) -> Int {
    _ = peek()
    let digits = ByteString(bytes[position...].prefix { (0x30...0x39).contains($0) })
    guard let first = digits.first, digits.count == 1 || first != 0x30 else {
      throw fault("expected a whole number")
    }
    guard let value = digits.decimal else { throw fault("a number is too large") }
    position += digits.count
    return value
  }

  /// `true` or `false`.
  public mutating func boolean() throws(JSONFault) -> Bool {
    switch peek() {
    case UInt8(ascii: "t"):
      try word("true")
      return true
    case UInt8(ascii: "f"):
      try word("false")
      return false
    default: throw fault("expected true or false")
    }
  }

  /// A value of any kind, with all that is in it.
  public mutating func value() throws(JSONFault) -> JSONValue {
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
      try word("null")
      return .null
    case nil: throw fault("the text ends too early")
    default: return .number(try number())
    }
  }

  /// Passes over a value of any kind, as strictly as it would be read.
  public mutating func skipValue() throws(JSONFault) {
    switch peek() {
    case UInt8(ascii: "{"):
      try beginObject()
      while try nextName() != nil { try skipValue() }
    case UInt8(ascii: "["):
      try beginArray()
      while try nextElement() { try skipValue() }
    default: _ = try value()
    }
  }

  /// Checks that nothing follows the outermost value.
  public mutating func end() throws(JSONFault) {
    guard peek() == nil else { throw fault("text after the end of the value") }
  }

  private mutating func note(repeated name: ByteString) throws(JSONFault) {
    guard handling == .noted else { throw fault("duplicate name '\(name)'", .duplicate(name)) }
    if repeatedNames.count < Self.repeatedNameLimit, !repeatedNames.contains(name) {
      repeatedNames.append(name)
    }
  }

  private mutating func begin(
    _ mark: Unicode.Scalar, closing end: Unicode.Scalar
  ) throws(JSONFault) {
    try expect(mark)
    guard containers.count < limits.depth else { throw fault("nested too deeply") }
    containers.append(Container(end: end))
  }

  private mutating func word(_ word: StaticString) throws(JSONFault) {
    let word = ByteString(stringLiteral: word)
    guard bytes[position...].starts(with: word.bytes) else { throw fault("an unknown word") }
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

  mutating func expect(_ mark: Unicode.Scalar) throws(JSONFault) {
    guard skip(mark) else { throw fault("expected '\(mark)'") }
  }
}
