/// The four characters that name a chunk of a PNG or WebP file, in file order from the high byte.
struct ChunkType: Hashable, ExpressibleByStringLiteral {
  private let code: UInt32

  init(_ code: UInt32) {
    self.code = code
  }

  init(stringLiteral name: StaticString) {
    code = name.description.utf8.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Whether all four characters are ASCII letters.
  var isAlphabetic: Bool {
    (0..<4).allSatisfy { (0x41...0x5A).contains(code >> ($0 * 8) & 0xDF) }
  }
}

extension ChunkType {
  // PNG
  static let header: ChunkType = "IHDR"
  static let appleHeader: ChunkType = "CgBI"
  static let end: ChunkType = "IEND"
  static let animation: ChunkType = "acTL"
  static let transparency: ChunkType = "tRNS"
  static let pngExif: ChunkType = "eXIf"
  static let text: ChunkType = "tEXt"
  static let compressedText: ChunkType = "zTXt"
  static let internationalText: ChunkType = "iTXt"
  // WebP
  static let canvas: ChunkType = "VP8X"
  static let animationFrame: ChunkType = "ANMF"
  static let webpExif: ChunkType = "EXIF"
}
