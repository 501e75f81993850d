/// A keyword and its text, as image files store them: in the text chunks of a PNG, in the Exif block
/// of a JPEG or WebP.
public struct ImageText: Sendable, Equatable {
  /// 1 to 79 printable Latin-1 characters without leading, trailing or repeated spaces, which is what
  /// a PNG can hold.
  public let keyword: String
  /// Any text without NUL characters.
  public let value: String

  /// Creates a text; invalid texts are refused by the encoder.
  public init(keyword: String, value: String) {
    self.keyword = keyword
    self.value = value
  }
}

/// Reads the texts of an image file without decoding its image.
public enum ImageTextReader {
  /// Returns the texts in file order.
  /// - Parameters:
  ///   - bytes: A complete PNG, JPEG, WebP or GIF file.
  ///   - limits: Limits on the file and its texts.
  /// - Returns: Keywords and values; a keyword may occur more than once in a PNG. JPEG and WebP files
  ///   have those that ``ImageEncoder`` wrote, GIF files none.
  public static func read(
    _ bytes: [UInt8], limits: ImageLimits = .init()
  ) throws(ImagingError) -> [ImageText] {
    try limits.check(byteCount: bytes.count)
    switch ImageFormat.sniff(bytes) {
    case .png: return try PNGTextReader.read(bytes, byteLimit: limits.textByteCount)
    case .jpeg:
      var markers = JPEGMarkers(bytes)
      while let segment = try markers.next() {
        guard segment.isExif else { continue }
        let texts = ExifText.read(segment.payload, byteLimit: limits.textByteCount)
        if !texts.isEmpty { return texts }
      }
      return []
    case .webp:
      var chunks = try WebPChunks(bytes)
      while let chunk = try chunks.next() {
        guard chunk.type == .webpExif else { continue }
        return ExifText.read(chunk.payload, byteLimit: limits.textByteCount)
      }
      return []
    case .gif: return []
    case nil: throw ForeignFormat.refusal(of: bytes)
    }
  }
}
