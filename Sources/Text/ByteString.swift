/// Text from outside: UTF-8 bytes that are compared, hashed, split and folded as bytes.
///
/// `String` compares and hashes under canonical equivalence and folds the case of all of Unicode.
/// For protocol text both are the wrong equality (`chun` + U+212A + `ed` is not `chunked`), and on
/// text that a stranger chose the first is quadratic. A `ByteString` is a collection of bytes that
/// shares its storage with the buffer that it was cut from, so whatever is written with it costs
/// its length; literals compared with it are bytes too. It becomes a `String` only where one is
/// asked for by name, with a bound: ``string(limit:)``.
public struct ByteString: Sendable {
  /// The bytes, a view of the buffer that they were read into.
  public let bytes: ArraySlice<UInt8>

  /// Views bytes of a buffer.
  public init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// Views a whole buffer.
  public init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  /// Copies the UTF-8 bytes of a string.
  public init(_ text: some StringProtocol) { bytes = Array(text.utf8)[...] }

  /// Whether the bytes are those of a string of the program's own.
  public func equals(_ text: String) -> Bool {
    bytes.count == text.utf8.count && bytes.elementsEqual(text.utf8)
  }

  /// Whether the bytes are UTF-8.
  ///
  /// Nothing else promises it: ask where bytes come in.
  public var isUTF8: Bool { UTF8Check.isValid(bytes) }

  /// The text as a `String`, for what shows it or models its meaning, never to compare it.
  /// - Parameter limit: The most bytes that are taken.
  /// - Returns: Nil for more bytes than that, and for bytes that are not UTF-8.
  public func string(limit: Int) -> String? {
    guard bytes.count <= limit else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension ByteString: Hashable {
  /// Whether both are the same bytes.
  public static func == (first: ByteString, second: ByteString) -> Bool {
    first.bytes.count == second.bytes.count && first.bytes.elementsEqual(second.bytes)
  }

  /// Feeds the bytes to a hasher, all at once.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes.count)
    // The pointer does not leave the closure.
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }
}

extension ByteString: RandomAccessCollection {
  /// The first position, which need not be zero in a part of another text.
  public var startIndex: Int { bytes.startIndex }

  /// The position behind the last byte.
  public var endIndex: Int { bytes.endIndex }

  /// One byte.
  public subscript(position: Int) -> UInt8 { bytes[position] }

  /// A part, which shares the storage.
  public subscript(bounds: Range<Int>) -> ByteString { ByteString(bytes[bounds]) }
}

extension ByteString: ExpressibleByStringLiteral {
  /// A literal's bytes.
  ///
  /// Nothing can be interpolated into it: that would make a `String` first.
  public init(stringLiteral literal: StaticString) {
    // The pointer does not leave the closure.
    self.init(literal.withUTF8Buffer { unsafe Array($0) })
  }
}

extension ByteString: Comparable {
  /// Whether one comes before the other in the order of their bytes.
  public static func < (first: ByteString, second: ByteString) -> Bool {
    first.bytes.lexicographicallyPrecedes(second.bytes)
  }
}

extension ByteString: CustomStringConvertible {
  /// The longest name, and the longest word of a choice, that anything here has.
  public static let nameLimit = 64

  /// The text for a message: its first bytes, with what cannot be shown as escapes.
  public var description: String {
    var shown = bytes.prefix(Self.nameLimit)
    let isCut = shown.count < bytes.count
    // A character is shown whole or not at all.
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

  /// Whether a character moves the cursor, hides others or turns them around.
  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: scalar != "\u{200D}"
    default: false
    }
  }
}
