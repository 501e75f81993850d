/// One block of a GIF file that matters for its first image.
enum GIFBlock {
  /// How the next image is drawn: the colour index that stays transparent, if any.
  case control(transparentIndex: UInt8?)
  /// An image; its pixels follow in sub-blocks.
  case image(GIFImage)
}

/// An image descriptor (GIF89a, §20) with its own colours.
struct GIFImage {
  let x: Int
  let y: Int
  let width: Int
  let height: Int
  /// Red, green, blue of each colour, when the image brings its own.
  let palette: ByteView?
  let isInterlaced: Bool
  /// Bits of an index in the compressed pixels.
  let minimumCodeSize: UInt8
  /// The compressed pixels: sub-blocks, each behind its length.
  let subBlocks: ByteView
}

/// Walks the blocks of a GIF file from its header to the trailer.
struct GIFBlocks {
  let screenWidth: Int
  let screenHeight: Int
  /// Red, green, blue of each colour, for images that bring none.
  let palette: ByteView?

  private let file: ByteView
  private var offset: Int

  init(_ bytes: [UInt8]) throws(ImagingError) {
    file = ByteView(bytes)
    guard let width = file.uint16(at: 6, .little), let height = file.uint16(at: 8, .little),
      let flags = file[10]
    else { throw Self.truncated }
    screenWidth = Int(width)
    screenHeight = Int(height)
    palette = try Self.palette(file, flags: flags, at: 13)
    offset = 13 + (palette?.count ?? 0)
  }

  /// The next block, or `nil` at the trailer.
  mutating func next() throws(ImagingError) -> GIFBlock? {
    while let introducer = file[offset] {
      offset += 1
      switch introducer {
      // Some encoders write a terminator too many behind a block; every reader skips it.
      case 0x00: break
      case 0x3B: return nil
      case 0x2C: return .image(try image())
      case 0x21: if let control = try control() { return control }
      default: throw ImagingError(.invalid, "the GIF has a block of an unknown kind")
      }
    }
    throw Self.truncated
  }

  private static let truncated = ImagingError(.invalid, "the GIF ends before its trailer")

  private static func palette(
    _ file: ByteView, flags: UInt8, at offset: Int
  ) throws(ImagingError) -> ByteView? {
    guard flags & 0x80 != 0 else { return nil }
    guard let palette = file.slice(at: offset, count: 3 << (Int(flags & 7) + 1)) else {
      throw truncated
    }
    return palette
  }

  private mutating func image() throws(ImagingError) -> GIFImage {
    guard let x = file.uint16(at: offset, .little), let y = file.uint16(at: offset + 2, .little),
      let width = file.uint16(at: offset + 4, .little),
      let height = file.uint16(at: offset + 6, .little), let flags = file[offset + 8]
    else { throw Self.truncated }
    let palette = try Self.palette(file, flags: flags, at: offset + 9)
    offset += 9 + (palette?.count ?? 0)
    guard let minimumCodeSize = file[offset] else { throw Self.truncated }
    offset += 1
    let start = offset
    try skipSubBlocks()
    guard let subBlocks = file.slice(at: start, count: offset - start) else { throw Self.truncated }
    return GIFImage(
      x: Int(x), y: Int(y), width: Int(width), height: Int(height), palette: palette,
      isInterlaced: flags & 0x40 != 0, minimumCodeSize: minimumCodeSize, subBlocks: subBlocks)
  }

  /// Reads a graphic control extension (GIF89a, §23) or skips any other.
  private mutating func control() throws(ImagingError) -> GIFBlock? {
    guard let label = file[offset] else { throw Self.truncated }
    offset += 1
    let body = offset
    try skipSubBlocks()
    guard label == 0xF9, file[body] == 4, let flags = file[body + 1], let index = file[body + 4]
    else { return nil }
    return .control(transparentIndex: flags & 1 != 0 ? index : nil)
  }

  private mutating func skipSubBlocks() throws(ImagingError) {
    while let count = file[offset] {
      offset += 1 + Int(count)
      if count == 0 { return }
    }
    throw Self.truncated
  }
}
