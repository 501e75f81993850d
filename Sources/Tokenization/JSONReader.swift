/// Reads JSON by pulling: the caller opens an object or array and asks for one member after another.
///
/// A tokenizer's JSON is some 300,000 short strings; they are pulled as slices of the file, without a
/// tree of values in between. Whatever the bytes are, reading ends or throws.
struct JSONReader {
  /// An object or array that has been opened and not yet closed.
  private struct Container {
    let closingBracket: UInt8
    var isEmptySoFar = true
  }

  private let bytes: [UInt8]
  private let file: String
  private var position = 0
  private var containers: [Container] = []
  /// Deeper than any tokenizer file nests; bounds what a hostile one can make us remember.
  private static let depthLimit = 64

  init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// The first byte of the next value, by which its kind is known; nil at the end of the file.
  mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return bytes[position]
      }
    }
    return nil
  }

  mutating func beginObject() throws(TokenizationError) {
    try begin(UInt8(ascii: "{"), closing: UInt8(ascii: "}"))
  }

  mutating func beginArray() throws(TokenizationError) {
    try begin(UInt8(ascii: "["), closing: UInt8(ascii: "]"))
  }

  /// The next member's key in the innermost object, or nil where the object ends.
  mutating func nextKey() throws(TokenizationError) -> ArraySlice<UInt8>? {
    guard try hasNext() else { return nil }
    let key = try string()
    try expect(UInt8(ascii: ":"))
    return key
  }

  /// Whether another element follows in the innermost array.
  mutating func nextElement() throws(TokenizationError) -> Bool { try hasNext() }

  /// A string's UTF-8 bytes, escapes resolved.
  mutating func string() throws(TokenizationError) -> ArraySlice<UInt8> {
    try expect(UInt8(ascii: "\""))
    let start = position
    var isEscaped = false
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let raw = bytes[start..<position]
        position += 1
        guard let text = isEscaped ? JSONEscapes.resolve(raw) : raw else {
          throw malformed("an unknown escape in a string")
        }
        return text
      case UInt8(ascii: "\\"):
        isEscaped = true
        position += 2
      case 0..<0x20: throw malformed("a control character in a string")
      default: position += 1
      }
    }
    throw malformed("a string does not end")
  }

  /// A number that can be a token id.
  mutating func tokenID() throws(TokenizationError) -> Int32 {
    guard let id = Self.tokenID(literal()) else {
      throw malformed("expected a token id, a whole number from 0 to \(Int32.max)")
    }
    return id
  }

  /// The token id that decimal digits spell, if they do.
  static func tokenID(_ digits: ArraySlice<UInt8>) -> Int32? {
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int32(String(decoding: digits, as: UTF8.self))
  }

  /// `true` or `false`.
  mutating func boolean() throws(TokenizationError) -> Bool {
    switch String(decoding: literal(), as: UTF8.self) {
    case "true": return true
    case "false": return false
    default: throw malformed("expected true or false")
    }
  }

  /// Skips one value of any kind.
  mutating func skipValue() throws(TokenizationError) {
    switch peek() {
    case UInt8(ascii: "{"):
      try beginObject()
      while try nextKey() != nil { try skipValue() }
    case UInt8(ascii: "["):
      try beginArray()
      while try nextElement() { try skipValue() }
    case UInt8(ascii: "\""): _ = try string()
    default:
      guard !literal().isEmpty else { throw malformed("expected a value") }
    }
  }

  /// Checks that nothing follows the outermost value.
  mutating func end() throws(TokenizationError) {
    guard peek() == nil else { throw malformed("text after the end of the JSON value") }
  }

  /// An error at the place reached.
  func malformed(_ problem: String) -> TokenizationError {
    TokenizationError(code: .malformed, file: file, detail: "\(problem) (byte \(position))")
  }

  private mutating func begin(_ opening: UInt8, closing: UInt8) throws(TokenizationError) {
    try expect(opening)
    guard containers.count < Self.depthLimit else { throw malformed("nested too deeply") }
    containers.append(Container(closingBracket: closing))
  }

  private mutating func hasNext() throws(TokenizationError) -> Bool {
    guard let byte = peek(), let container = containers.last else {
      throw malformed("the file ends too early")
    }
    if byte == container.closingBracket {
      position += 1
      containers.removeLast()
      return false
    }
    if !container.isEmptySoFar { try expect(UInt8(ascii: ",")) }
    containers[containers.count - 1].isEmptySoFar = false
    return true
  }

  /// The letters, digits and signs of a number or of `true`, `false`, `null`.
  private mutating func literal() -> ArraySlice<UInt8> {
    _ = peek()
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E: position += 1
      default: return bytes[start..<position]
      }
    }
    return bytes[start..<position]
  }

  private mutating func expect(_ byte: UInt8) throws(TokenizationError) {
    guard peek() == byte else { throw malformed("expected `\(Unicode.Scalar(byte))`") }
    position += 1
  }
}
