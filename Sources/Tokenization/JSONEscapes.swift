/// Resolves the backslash escapes of a JSON string.
enum JSONEscapes {
  /// The UTF-8 bytes that the inside of a JSON string stands for; nil for an escape JSON lacks.
  ///
  /// A lone surrogate becomes U+FFFD.
  static func resolve(_ raw: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var result: [UInt8] = []
    result.reserveCapacity(raw.count)
    var rest = raw
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        continue
      }
      guard let escape = rest.popFirst() else { return nil }
      if escape == UInt8(ascii: "u") {
        guard let scalar = popScalar(&rest) else { return nil }
        result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      } else {
        guard let byte = simple(escape) else { return nil }
        result.append(byte)
      }
    }
    return result[...]
  }

  private static func simple(_ escape: UInt8) -> UInt8? {
    switch escape {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): escape
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
  }

  /// The four digits after `\u`, and the second half of a surrogate pair.
  private static func popScalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
    guard let unit = popCodeUnit(&rest) else { return nil }
    if let scalar = Unicode.Scalar(unit) { return scalar }
    var ahead = rest
    if ahead.popFirst() == UInt8(ascii: "\\"), ahead.popFirst() == UInt8(ascii: "u"),
      let second = popCodeUnit(&ahead), UTF16.isLeadSurrogate(unit),
      UTF16.isTrailSurrogate(second)
    {
      rest = ahead
      let offset = UInt32(unit - 0xD800) << 10 + UInt32(second - 0xDC00)
      return Unicode.Scalar(0x10000 + offset)
    }
    return "\u{FFFD}"
  }

  private static func popCodeUnit(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
    guard rest.count >= 4 else { return nil }
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = rest.popFirst(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue
      else { return nil }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }
}
