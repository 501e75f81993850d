extension ByteString {
  /// The text with A to Z in lower case; other bytes are unchanged.
  public var asciiLowercase: ByteString { ByteString(bytes.map(\.asciiLowercase)) }

  /// Returns whether both are equal, ignoring the case of ASCII letters.
  public func equalsIgnoringASCIICase(_ other: ByteString) -> Bool {
    bytes.count == other.bytes.count
      && zip(bytes, other.bytes).allSatisfy { $0.asciiLowercase == $1.asciiLowercase }
  }

  /// True if every byte is ASCII.
  public var isASCII: Bool { bytes.allSatisfy { $0 < 0x80 } }

  /// Returns whether the text ends with `other`.
  public func ends(with other: ByteString) -> Bool { suffix(other.count) == other }

  /// The text without leading and trailing spaces and tabs (`OWS` of RFC 9110 §5.6.3).
  public var trimmed: ByteString { trimmed { $0 == 0x20 || $0 == 0x09 } }

  /// Returns the text without the leading and trailing bytes that `isDropped` accepts.
  public func trimmed(_ isDropped: (UInt8) -> Bool) -> ByteString {
    guard let first = bytes.firstIndex(where: { !isDropped($0) }),
      let last = bytes.lastIndex(where: { !isDropped($0) })
    else { return self[endIndex..<endIndex] }
    return self[first..<last + 1]
  }

  /// Returns the parts before and after the first occurrence of a byte; nil if it does not occur.
  public func split(atFirst mark: Unicode.Scalar) -> (head: ByteString, tail: ByteString)? {
    guard let position = bytes.firstIndex(of: UInt8(ascii: mark)) else { return nil }
    return (self[startIndex..<position], self[position + 1..<endIndex])
  }

  /// Returns the parts between separators, including empty ones.
  public func split(on mark: Unicode.Scalar) -> [ByteString] {
    split(separator: UInt8(ascii: mark), omittingEmptySubsequences: false)
  }

  /// The value of a text of decimal digits; nil for any other text, and on overflow.
  public var decimal: Int? {
    guard !isEmpty else { return nil }
    var value = 0
    for byte in bytes {
      guard (0x30...0x39).contains(byte) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(byte - 0x30))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }
}

extension UInt8 {
  /// The byte in lower case if it is one of A to Z, otherwise the byte itself.
  public var asciiLowercase: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

  /// The value of a hexadecimal digit; nil for any other byte.
  public var hexadecimalValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x37
    case 0x61...0x66: self - 0x57
    default: nil
    }
  }
}
