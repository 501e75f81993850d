extension ByteString {
  /// The text with the letters A to Z in lower case, and no other byte changed.
  public var asciiLowercase: ByteString { ByteString(bytes.map(\.asciiLowercase)) }

  /// The text with the letters a to z in upper case, and no other byte changed.
  public var asciiUppercase: ByteString {
    ByteString(bytes.map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 })
  }

  /// Whether both are the same bytes but for the case of A to Z.
  public func equalsIgnoringASCIICase(_ other: ByteString) -> Bool {
    bytes.count == other.bytes.count
      && zip(bytes, other.bytes).allSatisfy { $0.asciiLowercase == $1.asciiLowercase }
  }

  /// Whether every byte is ASCII.
  public var isASCII: Bool { bytes.allSatisfy { $0 < 0x80 } }

  /// Whether the last bytes are these.
  public func ends(with other: ByteString) -> Bool { suffix(other.count) == other }

  /// The text without spaces and tabs at its ends (`OWS` of RFC 9110 §5.6.3).
  public var trimmed: ByteString { trimmed { $0 == 0x20 || $0 == 0x09 } }

  /// The text without bytes of a kind at its ends.
  public func trimmed(_ isDropped: (UInt8) -> Bool) -> ByteString {
    guard let first = bytes.firstIndex(where: { !isDropped($0) }),
      let last = bytes.lastIndex(where: { !isDropped($0) })
    else { return self[endIndex..<endIndex] }
    return self[first..<last + 1]
  }

  /// What stands before and behind the first byte of a kind; nil without one.
  public func split(atFirst mark: Unicode.Scalar) -> (head: ByteString, tail: ByteString)? {
    guard let position = bytes.firstIndex(of: UInt8(ascii: mark)) else { return nil }
    return (self[startIndex..<position], self[position + 1..<endIndex])
  }

  /// The parts between marks, empty ones too.
  public func split(on mark: Unicode.Scalar) -> [ByteString] {
    split(separator: UInt8(ascii: mark), omittingEmptySubsequences: false)
  }

  /// The whole number that the text spells in digits alone; nil for anything else, and on overflow.
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
  /// The byte, in lower case if it is one of A to Z.
  public var asciiLowercase: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

  /// The value of a hexadecimal digit; nil for anything else.
  public var hexadecimalValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x37
    case 0x61...0x66: self - 0x57
    default: nil
    }
  }
}
