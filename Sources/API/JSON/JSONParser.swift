/// Reads JSON exactly as RFC 8259 has it, and refuses members that occur twice.
///
/// Strings are views of the document, so that an image of many megabytes is scanned once and not
/// copied.
struct JSONParser {
  /// No request nests deeper than three; bounds the recursion.
  private static let depthLimit = 16
  /// No request has more than some thirty; bounds what a body of nothing but brackets and commas
  /// grows to.
  private static let valueLimit = 1024

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  private var valueCount = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads a whole document.
  static func parse(_ bytes: [UInt8]) throws(APIError) -> JSONValue {
    var parser = JSONParser(bytes)
    let value = try parser.takeValue()
    guard parser.peek() == nil else { throw parser.malformed("something follows the document") }
    return value
  }

  private func malformed(_ problem: String) -> APIError {
    APIError(.invalidRequest, "the body is not valid JSON: \(problem) at byte \(position)")
  }

  /// The next byte that is not a blank.
  private mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return bytes[position]
      }
    }
    return nil
  }

  private mutating func takeValue() throws(APIError) -> JSONValue {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw malformed("nesting is too deep") }
    valueCount += 1
    guard valueCount <= Self.valueLimit else {
      throw malformed("more than \(Self.valueLimit) values")
    }
    switch peek() {
    case UInt8(ascii: "{"): return try takeObject()
    case UInt8(ascii: "["): return try takeArray()
    case UInt8(ascii: "\""): return .string(try takeString())
    case UInt8(ascii: "t"): return try takeWord("true", .boolean(true))
    case UInt8(ascii: "f"): return try takeWord("false", .boolean(false))
    case UInt8(ascii: "n"): return try takeWord("null", .null)
    case nil: throw malformed("it ends too early")
    default: return try takeNumber()
    }
  }

  private mutating func takeWord(
    _ word: String, _ value: JSONValue
  ) throws(APIError) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw malformed("an unknown word") }
    position += word.utf8.count
    return value
  }

  private mutating func takeNumber() throws(APIError) -> JSONValue {
    let spelling = bytes[position...].prefix { byte in
      (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
    }
    guard let number = JSONNumber(spelling) else { throw malformed("an unreadable value") }
    position += spelling.count
    return .number(number)
  }

  private mutating func takeArray() throws(APIError) -> JSONValue {
    position += 1
    var items: [JSONValue] = []
    if peek() == UInt8(ascii: "]") {
      position += 1
      return .array([])
    }
    repeat { items.append(try takeValue()) } while try takeSeparator(before: UInt8(ascii: "]"))
    return .array(items)
  }

  private mutating func takeObject() throws(APIError) -> JSONValue {
    position += 1
    var members: [(name: String, value: JSONValue)] = []
    var names: Set<String> = []
    if peek() == UInt8(ascii: "}") {
      position += 1
      return .object([])
    }
    repeat {
      guard peek() == UInt8(ascii: "\"") else { throw malformed("a member without a name") }
      let name = String(decoding: try takeString(), as: UTF8.self)
      guard names.insert(name).inserted else { throw .duplicate(name) }
      guard peek() == UInt8(ascii: ":") else { throw malformed("a name without a colon") }
      position += 1
      members.append((name, try takeValue()))
    } while try takeSeparator(before: UInt8(ascii: "}"))
    return .object(members)
  }

  /// Takes a comma, or the end of an array or object; whether it was a comma.
  private mutating func takeSeparator(before end: UInt8) throws(APIError) -> Bool {
    let mark = peek()
    guard mark == end || mark == UInt8(ascii: ",") else {
      throw malformed("a missing comma or bracket")
    }
    position += 1
    return mark != end
  }

  private mutating func takeString() throws(APIError) -> ArraySlice<UInt8> {
    position += 1
    let start = position
    var isPlain = true
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let text = bytes[start..<position]
        guard isPlain || String(validating: text, as: UTF8.self) != nil else {
          throw malformed("a string that is not UTF-8")
        }
        position += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try takeEscaped(from: start) }
      guard byte >= 0x20 else { throw malformed("a control character in a string") }
      if byte >= 0x80 { isPlain = false }
      position &+= 1
    }
    throw malformed("a string that does not end")
  }

  /// Goes on with a string at its first escape.
  private mutating func takeEscaped(from start: Int) throws(APIError) -> ArraySlice<UInt8> {
    var text = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      guard byte >= 0x20 else { throw malformed("a control character in a string") }
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard String(validating: text, as: UTF8.self) != nil else {
          throw malformed("a string that is not UTF-8")
        }
        return text[...]
      }
      if byte == UInt8(ascii: "\\") {
        text += try takeEscape()
      } else {
        text.append(byte)
      }
    }
    throw malformed("a string that does not end")
  }

  private mutating func takeEscape() throws(APIError) -> [UInt8] {
    guard position < bytes.count else { throw malformed("a string that does not end") }
    let mark = bytes[position]
    position += 1
    switch mark {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [mark]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(String(try takeScalar()).utf8)
    default: throw malformed("an unknown escape")
    }
  }

  /// The character of `\uXXXX`, or of two of them that form a surrogate pair.
  private mutating func takeScalar() throws(APIError) -> Character {
    var value = try takeCodeUnit()
    if (0xD800...0xDBFF).contains(value), bytes[position...].starts(with: "\\u".utf8) {
      position += 2
      let low = try takeCodeUnit()
      guard (0xDC00...0xDFFF).contains(low) else { throw malformed("half a surrogate pair") }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw malformed("half a surrogate pair") }
    return Character(scalar)
  }

  private mutating func takeCodeUnit() throws(APIError) -> UInt32 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw malformed("an unreadable escape") }
    position += 4
    return value
  }
}
