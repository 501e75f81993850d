/// Reads the texts that a PNG file carries, without decoding its image.
public enum PNGTextReader {
  /// Lists the texts in file order: `tEXt`, `zTXt` and `iTXt`, each decompressed.
  /// - Parameters:
  ///   - bytes: A whole PNG file.
  ///   - limits: What the file and its texts may need.
  /// - Returns: Keywords and values; a keyword may occur more than once.
  public static func read(
    _ bytes: [UInt8], limits: ImageLimits = .init()
  ) throws(ImagingError) -> [PNGText] {
    try limits.check(byteCount: bytes.count)
    var chunks = try PNGChunks(bytes)
    var texts: [PNGText] = []
    var remaining = limits.textByteCount
    while let chunk = try chunks.next() {
      guard let stored = try PNGStoredText(chunk) else { continue }
      let value = try stored.value(limit: remaining)
      remaining -= max(value.count, smallestCost)
      guard remaining >= 0 else { throw PNGStoredText.tooLarge }
      let text = stored.isUTF8 ? String(decoding: value, as: UTF8.self) : latin1(value)
      texts.append(PNGText(keyword: latin1(stored.keyword), value: text))
    }
    return texts
  }

  /// What a text counts at least, so that millions of empty ones are too many.
  private static let smallestCost = 64

  private static func latin1(_ bytes: [UInt8]) -> String {
    // ASCII reads the same as UTF-8, and that is far faster.
    guard bytes.contains(where: { $0 >= 0x80 }) else {
      return String(decoding: bytes, as: UTF8.self)
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: bytes.map { Unicode.Scalar($0) })
    return String(text)
  }
}
