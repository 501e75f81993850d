/// Validates UTF-8 (RFC 3629) without creating a `String`.
public enum UTF8Check {
  /// Returns whether the bytes are valid UTF-8.
  public static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
    var position = bytes.startIndex
    while position < bytes.endIndex {
      if bytes[position] < 0x80 {
        position &+= 1
      } else if let length = sequenceLength(at: position, in: bytes) {
        position += length
      } else {
        return false
      }
    }
    return true
  }

  /// Returns the number of bytes of the character at a position by table 3-7 of the Unicode
  /// standard, which excludes surrogates and overlong forms; nil if it is not valid.
  public static func sequenceLength(at position: Int, in bytes: ArraySlice<UInt8>) -> Int? {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch bytes[position] {
    case 0...0x7F: return 1
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard bytes.endIndex - position >= length, second.contains(bytes[position + 1]) else {
      return nil
    }
    for index in position + 2..<max(position + length, position + 2) {
      guard (0x80...0xBF).contains(bytes[index]) else { return nil }
    }
    return length
  }
}

/// The byte order mark that some programs put before UTF-8 text; RFC 8259 §8.1 lets JSON parsers
/// ignore it.
public enum ByteOrderMark {
  private static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Returns the length of the mark at the start of a text in bytes, or 0 if it has none.
  public static func length(in text: some Collection<UInt8>) -> Int {
    text.starts(with: bytes) ? bytes.count : 0
  }
}
