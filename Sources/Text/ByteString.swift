/// Text from outside the program: UTF-8 that is compared, hashed, split and case-folded as bytes.
///
/// `String` compares and hashes by canonical equivalence and folds case by all of Unicode. For
/// protocol text both are wrong (`chun` + U+212A + `ed` must not equal `chunked`), and canonical
/// comparison takes quadratic time on hostile input. A `ByteString` is a collection of bytes that
/// shares storage with the buffer it was cut from, so algorithms on it are linear in its length;
/// literals compared with it are bytes too. It becomes a `String` only explicitly, with a length
/// limit: ``string(limit:)``.
public struct ByteString: Sendable {
  /// The bytes, a slice of the buffer that they were read into.
  public let bytes: ArraySlice<UInt8>

  /// Creates a text from a slice of a buffer, without a copy.
  public init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// Creates a text from a whole buffer, without a copy.
  public init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  /// Creates a text by copying the UTF-8 bytes of a string.
  public init(_ text: some StringProtocol) { bytes = Array(text.utf8)[...] }

  /// Returns whether the bytes equal those of one of the program's own strings.
  public func equals(_ text: String) -> Bool {
    bytes.count == text.utf8.count && bytes.elementsEqual(text.utf8)
  }

  /// True if the bytes are valid UTF-8.
  ///
  /// The type does not guarantee it; check where bytes enter the program.
  public var isUTF8: Bool { UTF8Check.isValid(bytes) }

  /// Returns the text as a `String`, for display or for the model, not for comparing.
  /// - Parameter limit: The maximum number of bytes.
  /// - Returns: Nil if the text is longer or is not valid UTF-8.
  public func string(limit: Int) -> String? {
    guard bytes.count <= limit else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension ByteString: Hashable {
  /// Returns whether both have the same bytes.
  public static func == (first: ByteString, second: ByteString) -> Bool {
    first.bytes.count == second.bytes.count && first.bytes.elementsEqual(second.bytes)
  }

  /// Feeds all bytes to a hasher in one call.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes.count)
    // The pointer does not escape the closure.
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }
}

extension ByteString: RandomAccessCollection {
  /// The first position; not zero in general, because a slice keeps the positions of its buffer.
  public var startIndex: Int { bytes.startIndex }

  /// The position after the last byte.
  public var endIndex: Int { bytes.endIndex }

  /// Accesses the byte at a position.
  public subscript(position: Int) -> UInt8 { bytes[position] }

  /// Returns a slice that shares the storage.
  public subscript(bounds: Range<Int>) -> ByteString { ByteString(bytes[bounds]) }
}

extension ByteString: ExpressibleByStringLiteral {
  /// Creates a text from a literal.
  ///
  /// String interpolation is not supported, because it would create a `String` first.
  public init(stringLiteral literal: StaticString) {
    // The pointer does not escape the closure.
    self.init(literal.withUTF8Buffer { unsafe Array($0) })
  }
}

extension ByteString: Comparable {
  /// Orders texts by their bytes.
  public static func < (first: ByteString, second: ByteString) -> Bool {
    first.bytes.lexicographicallyPrecedes(second.bytes)
  }
}

extension ByteString: CustomStringConvertible {
  /// The maximum length of a name or of a word of a choice in this program.
  public static let nameLimit = 64

  /// The text for a message: shortened, with unprintable characters as escapes.
  public var description: String {
    var shown = bytes.prefix(Self.nameLimit)
    let isCut = shown.count < bytes.count
    // Do not cut through a character.
    while isCut, shown.count > Self.nameLimit - 4, bytes[shown.endIndex] & 0xC0 == 0x80 {
      shown = shown.dropLast()
    }
    var message = ""
    for scalar in String(decoding: shown, as: UTF8.self).unicodeScalars {
      if Self.isHidden(scalar) {
        message += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        message.unicodeScalars.append(scalar)
      }
    }
    return isCut ? message + "…" : message
  }

  /// Returns whether a character moves the cursor, hides others or changes the text direction.
  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: scalar != "\u{200D}"
    default: false
    }
  }
}
