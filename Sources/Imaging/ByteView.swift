/// The byte order of numbers in a file.
enum ByteOrder {
  case big
  case little
}

/// A range of a file's bytes with bounds-checked reads: reads outside the range return `nil`.
///
/// Offsets are relative to the view's start. They may be any sum of values read from a file, as
/// those have at most 32 bits and `Int` has 64.
struct ByteView {
  private let bytes: [UInt8]
  private let range: Range<Int>

  /// Creates a view of a whole file.
  init(_ bytes: [UInt8]) {
    self.init(bytes: bytes, range: 0..<bytes.count)
  }

  private init(bytes: [UInt8], range: Range<Int>) {
    self.bytes = bytes
    self.range = range
  }

  /// The number of bytes in the view.
  var count: Int { range.count }

  /// The view's range within the file.
  var fileRange: Range<Int> { range }

  /// A copy of the bytes in the view.
  var copy: [UInt8] { Array(bytes[range]) }

  subscript(offset: Int) -> UInt8? {
    offset >= 0 && offset < count ? bytes[range.lowerBound + offset] : nil
  }

  func uint16(at offset: Int, _ order: ByteOrder) -> UInt16? {
    guard let first = self[offset], let second = self[offset + 1] else { return nil }
    let (high, low) = order == .big ? (first, second) : (second, first)
    return UInt16(high) << 8 | UInt16(low)
  }

  func uint32(at offset: Int, _ order: ByteOrder) -> UInt32? {
    guard let first = uint16(at: offset, order), let second = uint16(at: offset + 2, order)
    else { return nil }
    let (high, low) = order == .big ? (first, second) : (second, first)
    return UInt32(high) << 16 | UInt32(low)
  }

  /// Returns the view of `count` bytes from `offset` on; nil if they are not all in range.
  func slice(at offset: Int, count: Int) -> ByteView? {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset
    else { return nil }
    let start = range.lowerBound + offset
    return ByteView(bytes: bytes, range: start..<start + count)
  }

  /// Returns the view without its first `prefixCount` bytes; empty if it has no more.
  func dropping(_ prefixCount: Int) -> ByteView {
    let start = min(range.lowerBound + prefixCount, range.upperBound)
    return ByteView(bytes: bytes, range: start..<range.upperBound)
  }

  func starts(with prefix: [UInt8], at offset: Int = 0) -> Bool {
    guard let found = slice(at: offset, count: prefix.count) else { return false }
    return bytes[found.range].elementsEqual(prefix)
  }

  /// Returns the offset of the first `byte` at or after `offset`.
  func firstOffset(of byte: UInt8, from offset: Int) -> Int? {
    guard offset >= 0, offset < count else { return nil }
    return bytes[range.lowerBound + offset..<range.upperBound].firstIndex(of: byte)
      .map { $0 - range.lowerBound }
  }
}

/// The four-character type of a PNG or WebP chunk, with the first character in the high byte.
struct ChunkType: Hashable, ExpressibleByStringLiteral {
  private let code: UInt32

  init(_ code: UInt32) {
    self.code = code
  }

  init(stringLiteral name: StaticString) {
    code = name.description.utf8.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// True if all four characters are ASCII letters.
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
