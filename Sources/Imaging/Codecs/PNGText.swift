extension ImageText {
  /// Returns the PNG chunk that stores this text: `tEXt` if it is Latin-1, otherwise `iTXt` in UTF-8.
  /// - Note: PNG specification, §11.3.4.
  func chunk() throws(ImagingError) -> (type: String, payload: [UInt8]) {
    guard let keyword = Self.latin1(keyword), Self.isKeyword(keyword) else {
      throw ImagingError(
        .invalidText,
        "the PNG keyword \(self.keyword.debugDescription) is not 1 to 79 printable Latin-1 "
          + "characters without leading, trailing or repeated spaces")
    }
    guard !value.utf8.contains(0) else {
      throw ImagingError(.invalidText, "the PNG text \(self.keyword) contains NUL")
    }
    if let plain = Self.latin1(value) { return ("tEXt", keyword + [0] + plain) }
    // Compression flag 0, method 0, empty language, empty translated keyword.
    return ("iTXt", keyword + [0, 0, 0, 0, 0] + Array(value.utf8))
  }

  /// Returns the text in Latin-1, or `nil` if it has other characters, or control characters other
  /// than line feeds.
  private static func latin1(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value), isPrintable(byte) || byte == 0x0A
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func isPrintable(_ byte: UInt8) -> Bool {
    (0x20...0x7E).contains(byte) || byte >= 0xA0
  }

  static func isKeyword(_ bytes: [UInt8]) -> Bool {
    let hasDoubleSpace = zip(bytes, bytes.dropFirst()).contains { $0 == 0x20 && $1 == 0x20 }
    return (1...79).contains(bytes.count) && bytes.allSatisfy { isPrintable($0) && $0 != 0xA0 }
      && bytes.first != 0x20 && bytes.last != 0x20 && !hasDoubleSpace
  }
}

/// Reads the text chunks of a PNG file without decoding its image.
enum PNGTextReader {
  /// Returns the texts in file order: `tEXt`, `zTXt` and `iTXt`, each decompressed.
  /// - Parameters:
  ///   - bytes: A complete PNG file.
  ///   - byteLimit: The most bytes of all texts together, decompressed.
  static func read(_ bytes: [UInt8], byteLimit: Int) throws(ImagingError) -> [ImageText] {
    var chunks = PNGChunks(bytes)
    var texts: [ImageText] = []
    var remaining = byteLimit
    while let chunk = try chunks.next() {
      guard let stored = try PNGStoredText(chunk) else { continue }
      let value = try stored.value(limit: remaining)
      remaining -= max(value.count, smallestCost)
      guard remaining >= 0 else { throw PNGStoredText.tooLarge }
      let text = stored.isUTF8 ? String(decoding: value, as: UTF8.self) : latin1(value)
      texts.append(ImageText(keyword: latin1(stored.keyword), value: text))
    }
    return texts
  }

  /// Minimum number of bytes that a text counts as, which bounds the number of empty texts.
  private static let smallestCost = 64

  private static func latin1(_ bytes: [UInt8]) -> String {
    // Pure ASCII is valid UTF-8 and takes this much faster path.
    guard bytes.contains(where: { $0 >= 0x80 }) else {
      return String(decoding: bytes, as: UTF8.self)
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: bytes.map { Unicode.Scalar($0) })
    return String(text)
  }
}
