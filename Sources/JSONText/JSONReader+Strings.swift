public import Text

extension JSONReader {
  /// How many bytes are read between two questions whether to go on: about a millisecond.
  private static let checkInterval = 1 << 20

  /// A string's UTF-8 bytes, escapes resolved.
  public mutating func string() throws(JSONFault) -> ByteString {
    try expect("\"")
    let start = position
    try passPlain()
    var text: [UInt8] = []
    var isCopy = false
    var run = start
    while bytes[position] == UInt8(ascii: "\\") {
      isCopy = true
      if run < position { text += bytes[run..<position] }
      position += 1
      try appendEscape(to: &text)
      run = position
      try passPlain()
    }
    let rest = bytes[run..<position]
    position += 1
    return isCopy ? ByteString(text + rest) : ByteString(rest)
  }

  /// Goes on to the next quotation mark or escape, which is there.
  private mutating func passPlain() throws(JSONFault) {
    let start = position
    var seen: UInt8 = 0
    while true {
      let end = min(bytes.count, nextCheck)
      while position < end {
        let byte = bytes[position]
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
          // An escape is a whole character, so what stands between two of them is UTF-8 by itself.
          guard seen < 0x80 || ByteString(bytes[start..<position]).isUTF8 else {
            throw fault("a string is not UTF-8")
          }
          return
        }
        guard byte >= 0x20 else { throw fault("a control character in a string") }
        seen |= byte
        position &+= 1
      }
      guard position < bytes.count else { throw fault("a string does not end") }
      nextCheck = position + Self.checkInterval
      if isCancelled() { throw fault("nobody waits for it any more", .cancelled) }
    }
  }

  /// Reads what follows a backslash.
  private mutating func appendEscape(to text: inout [UInt8]) throws(JSONFault) {
    guard position < bytes.count else { throw fault("a string does not end") }
    let mark = bytes[position]
    position += 1
    switch mark {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(mark)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      let scalar = try takeScalar()
      if scalar.value < 0x80 {
        text.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    default: throw fault("an unknown escape in a string")
    }
  }

  /// The character of `XXXX`, or of `XXXX\uXXXX` where the two are a surrogate pair.
  private mutating func takeScalar() throws(JSONFault) -> Unicode.Scalar {
    var value = try takeCodeUnit()
    if (0xD800...0xDBFF).contains(value), position + 1 < bytes.count,
      bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      let low = try takeCodeUnit()
      guard (0xDC00...0xDFFF).contains(low) else { throw fault("half a surrogate pair") }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw fault("half a surrogate pair") }
    return scalar
  }

  private mutating func takeCodeUnit() throws(JSONFault) -> UInt32 {
    guard position + 4 <= bytes.count else { throw fault("a string does not end") }
    var unit: UInt32 = 0
    for index in position..<position + 4 {
      guard let digit = Self.hexadecimal(bytes[index]) else {
        throw fault("expected four hexadecimal digits")
      }
      unit = unit << 4 | digit
    }
    position += 4
    return unit
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x37)
    case 0x61...0x66: UInt32(byte - 0x57)
    default: nil
    }
  }
}
