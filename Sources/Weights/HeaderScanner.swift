/// Reads the JSON subset that a safetensors header is written in (spec §1.6).
///
/// The header's form is fixed: an object of objects whose values are strings and lists of whole numbers.
/// Scanning exactly that, without recursion, makes nesting, fractions and duplicate keys errors instead
/// of something to defend against, and never holds more than the strings read so far.
struct HeaderScanner {
  private let bytes: [UInt8]
  private var position = 0
  private let file: String

  /// Begins at the first byte.
  /// - Parameters:
  ///   - bytes: The header.
  ///   - file: What messages call the file.
  init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// The failure of a malformed header, with the position reached.
  func failure(_ what: String) -> WeightsError {
    WeightsError(.malformed, file: file, "\(what) (header byte \(position))")
  }

  /// Reads `{ "key": value, … }`, calling `value` at the start of each value.
  mutating func object(
    _ value: (inout HeaderScanner, String) throws(WeightsError) -> Void
  ) throws(WeightsError) {
    try expect("{")
    guard !skip("}") else { return }
    var keys: Set<String> = []
    repeat {
      let key = try string()
      guard keys.insert(key).inserted else { throw failure("duplicate name '\(key)'") }
      try expect(":")
      try value(&self, key)
    } while skip(",")
    try expect("}")
  }

  /// Reads a list of at most `limit` whole numbers.
  mutating func numbers(limit: Int) throws(WeightsError) -> [Int] {
    try expect("[")
    var numbers: [Int] = []
    guard !skip("]") else { return numbers }
    repeat {
      guard numbers.count < limit else { throw failure("more than \(limit) numbers in a list") }
      numbers.append(try number())
    } while skip(",")
    try expect("]")
    return numbers
  }

  /// Reads a string, with its escapes resolved.
  mutating func string() throws(WeightsError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw failure("a string is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"):
        try appendEscape(to: &text)
      case 0..<0x20:
        throw failure("a control character in a string")
      default:
        text.append(byte)
      }
    }
    throw failure("a string does not end")
  }

  /// Checks that only white space is left.
  mutating func end() throws(WeightsError) {
    skipSpace()
    guard position == bytes.count else { throw failure("text after the header's object") }
  }

  private mutating func number() throws(WeightsError) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, case let byte = bytes[position], (0x30...0x39).contains(byte) {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(Int(byte - 0x30))
      guard !overflow, !carry else { throw failure("a number is too large") }
      value = sum
      position += 1
    }
    guard position > start, position == start + 1 || bytes[start] != 0x30 else {
      throw failure("expected a whole number")
    }
    return value
  }

  private mutating func appendEscape(to text: inout [UInt8]) throws(WeightsError) {
    guard position < bytes.count else { throw failure("a string does not end") }
    let escape = bytes[position]
    position += 1
    switch escape {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += try unicodeEscape().utf8
    default: throw failure("an unknown escape in a string")
    }
  }

  /// Reads what follows `\u`, including the second half of a surrogate pair.
  private mutating func unicodeEscape() throws(WeightsError) -> Character {
    var code = try hexadecimal()
    if (0xD800..<0xDC00).contains(code), bytes.dropFirst(position).starts(with: [0x5C, 0x75]) {
      position += 2
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair") }
    return Character(scalar)
  }

  private mutating func hexadecimal() throws(WeightsError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw failure("a string does not end") }
    var code: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("expected four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
    }
    position += 4
    return code
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  /// Skips one punctuation mark if it is next.
  private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ mark: Unicode.Scalar) throws(WeightsError) {
    guard skip(mark) else { throw failure("expected '\(mark)'") }
  }
}
