public import Text

extension JSONReader {
  /// Number of bytes between two cancellation checks; about a millisecond of reading.
  private static let checkInterval = 1 << 20

  /// Reads a string and returns its UTF-8 bytes with escapes resolved.
  public mutating func string() throws(JSONError) -> ByteString {
    try expect("\"")
    let start = position
    try passPlain()
    var text: [UInt8] = []
    var isCopy = false
    var run = start
    while bytes[position] == UInt8(ascii: "\\") {
      isCopy = true
      if run < position { text += bytes[run..<position] }
      try appendEscapes(to: &text)
      run = position
      try passPlain()
    }
    let rest = bytes[run..<position]
    position += 1
    guard isCopy else { return ByteString(rest) }
    text += rest
    return ByteString(text)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// Advances to the next quotation mark or escape; one must follow.
  private mutating func passPlain() throws(JSONError) {
    let start = position
    var seen: UInt8 = 0
    while true {
      let end = min(bytes.count, nextCheck)
      var next = position
      while next < end, Self.isPlain(bytes[next]) {
        seen |= bytes[next]
        next &+= 1
      }
      position = next
      if next < end {
        guard bytes[next] >= 0x20 else { throw error("a control character in a string") }
        // An escape is a whole character, so the bytes between two escapes must be UTF-8 on their
        // own.
        guard seen < 0x80 || ByteString(bytes[start..<next]).isUTF8 else {
          throw error("a string is not UTF-8")
        }
        return
      }
      guard position < bytes.count else { throw error("a string does not end") }
      nextCheck = position + Self.checkInterval
      if isCancelled() { throw error("nobody waits for it any more", .cancelled) }
    }
  }

  /// Reads a run of consecutive escapes.
  ///
  /// A string may consist entirely of escapes, so the loop works on a local state, not on the
  /// reader.
  private mutating func appendEscapes(to text: inout [UInt8]) throws(JSONError) {
    var escapes = EscapeReader(bytes: bytes, position: position)
    let end = min(bytes.count, nextCheck)
    repeat {
      if let problem = escapes.readOne(into: &text) {
        position = escapes.position
        throw error(problem)
      }
    } while escapes.position < end && bytes[escapes.position] == UInt8(ascii: "\\")
    position = escapes.position
  }
}

/// Decodes the escapes of a string.
private struct EscapeReader {
  let bytes: [UInt8]
  var position: Int

  private static let unended = "a string does not end"

  /// Decodes the escape whose backslash is at `position`.
  /// - Returns: The problem, or nil.
  mutating func readOne(into text: inout [UInt8]) -> String? {
    guard position + 1 < bytes.count else { return Self.unended }
    let mark = bytes[position + 1]
    position += 2
    switch mark {
    case UInt8(ascii: "u"): return readScalar(into: &text)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(mark)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    default: return "an unknown escape in a string"
    }
    return nil
  }

  /// Decodes `XXXX`, or `XXXX\uXXXX` if the two are a surrogate pair.
  private mutating func readScalar(into text: inout [UInt8]) -> String? {
    guard position + 4 <= bytes.count else { return Self.unended }
    var value = codeUnit(at: position)
    guard value <= 0xFFFF else { return "expected four hexadecimal digits" }
    position += 4
    if value < 0x80 {
      text.append(UInt8(truncatingIfNeeded: value))
      return nil
    }
    if (0xD800...0xDBFF).contains(value), position + 6 <= bytes.count,
      bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
    {
      let low = codeUnit(at: position + 2)
      guard low <= 0xFFFF else { return "expected four hexadecimal digits" }
      guard (0xDC00...0xDFFF).contains(low) else { return "half a surrogate pair" }
      position += 6
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { return "half a surrogate pair" }
    text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    return nil
  }

  /// Decodes four hexadecimal digits; returns more than 0xFFFF if one of them is invalid.
  private func codeUnit(at start: Int) -> UInt32 {
    Self.hexadecimal(bytes[start]) << 12 | Self.hexadecimal(bytes[start + 1]) << 8
      | Self.hexadecimal(bytes[start + 2]) << 4 | Self.hexadecimal(bytes[start + 3])
  }

  /// Returns the value of a hexadecimal digit, or 0x10000 for any other byte: shifted left, it
  /// stays above 0xFFFF.
  private static func hexadecimal(_ byte: UInt8) -> UInt32 {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x37)
    case 0x61...0x66: UInt32(byte - 0x57)
    default: 0x10000
    }
  }
}
