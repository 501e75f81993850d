/// A GIF file with validated blocks; its first frame is not decoded yet.
struct GIFDecoder: StoredImage {
  let format = ImageFormat.gif
  let width: Int
  let height: Int
  let orientation = Orientation.upright
  let frameCount: Int
  private let image: GIFImage
  private let palette: ByteView
  private let transparentIndex: UInt8?

  /// Validates the whole file in one pass; keeps only the first image.
  init(_ bytes: [UInt8]) throws(ImagingError) {
    var blocks = try GIFBlocks(bytes)
    var first: GIFImage?
    var transparentIndex: UInt8?
    var frameCount = 0
    while let block = try blocks.next() {
      switch block {
      case .control(let index): if first == nil { transparentIndex = index }
      case .image(let image):
        first = first ?? image
        frameCount += 1
      }
    }
    guard let first else { throw ImagingError(.invalid, "the GIF has no image") }
    guard let palette = first.palette ?? blocks.palette else {
      throw ImagingError(.invalid, "the GIF has no colours")
    }
    guard first.width > 0, first.height > 0, first.x + first.width <= blocks.screenWidth,
      first.y + first.height <= blocks.screenHeight
    else { throw ImagingError(.invalid, "the GIF has a frame that is empty or off its screen") }
    width = blocks.screenWidth
    height = blocks.screenHeight
    image = first
    self.frameCount = frameCount
    self.palette = palette
    self.transparentIndex = transparentIndex
  }

  /// Decodes the first frame; undrawn parts of the screen are white.
  func decode(for use: PixelUse) throws(ImagingError) -> DecodedFrame {
    let indices = try image.indices()
    let colours = palette.copy
    let usesUnknownColour = indices.contains {
      Int($0) * 3 >= colours.count && $0 != transparentIndex
    }
    if usesUnknownColour {
      throw ImagingError(.invalid, "the GIF uses a colour it does not define")
    }
    let isTransparent = transparentIndex.map(indices.contains) ?? false
    // Of a mask with transparency that alone counts: what is there is black.
    let isBlack = use == .mask && isTransparent
    let frame = Raster(
      width: image.width, height: image.height,
      pixels: painted(indices, colours: isBlack ? [UInt8](repeating: 0, count: 768) : colours))
    return DecodedFrame(frame, isTransparent: isTransparent)
      .placed(x: image.x, y: image.y, onWidth: width, height: height)
  }

  /// Maps colour indices to RGB by a table with 256 entries; transparent pixels become white.
  private func painted(_ indices: [UInt8], colours: [UInt8]) -> [UInt8] {
    var table = colours + [UInt8](repeating: 255, count: 768 - colours.count)
    if let transparentIndex {
      let entry = Int(transparentIndex) * 3
      table.replaceSubrange(entry..<entry + 3, with: [255, 255, 255])
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(indices.count * 3)
    for index in indices {
      let entry = Int(index) * 3
      pixels.append(table[entry])
      pixels.append(table[entry + 1])
      pixels.append(table[entry + 2])
    }
    return pixels
  }
}

/// A block of a GIF file that affects its first image.
enum GIFBlock {
  /// A graphic control extension for the next image, with its transparent colour index, if any.
  case control(transparentIndex: UInt8?)
  /// An image descriptor with the compressed pixels.
  case image(GIFImage)
}

/// An image descriptor (GIF89a, §20) with its own colours.
struct GIFImage {
  let x: Int
  let y: Int
  let width: Int
  let height: Int
  /// The image's local palette, RGB, if it has one.
  let palette: ByteView?
  let isInterlaced: Bool
  /// Bits per index at the start of the compressed pixels.
  let minimumCodeSize: UInt8
  /// The compressed pixels: sub-blocks, each preceded by its length.
  let subBlocks: ByteView
}

/// Iterates over the blocks of a GIF file from the header to the trailer.
struct GIFBlocks {
  let screenWidth: Int
  let screenHeight: Int
  /// The global palette, RGB, for images without a local one.
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

  /// Returns the next block, or `nil` at the trailer.
  mutating func next() throws(ImagingError) -> GIFBlock? {
    while let introducer = file[offset] {
      offset += 1
      switch introducer {
      // Some encoders write an extra terminator after a block; every decoder skips it.
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

extension GIFImage {
  /// Decodes the colour indices of all pixels, top row first.
  func indices() throws(ImagingError) -> [UInt8] {
    var decoder = try LZWDecoder(joinedSubBlocks, minimumCodeSize: minimumCodeSize)
    let stored = try decoder.indices(count: width * height)
    return isInterlaced ? deinterlaced(stored) : stored
  }

  /// The compressed pixels without the length bytes of the sub-blocks.
  private var joinedSubBlocks: [UInt8] {
    let blocks = subBlocks.copy
    var joined: [UInt8] = []
    joined.reserveCapacity(blocks.count)
    var offset = 0
    // The block iterator has checked that every sub-block is complete and the terminator present.
    while offset < blocks.count, blocks[offset] > 0 {
      let end = offset + 1 + Int(blocks[offset])
      joined += blocks[offset + 1..<end]
      offset = end
    }
    return joined
  }

  /// Reorders interlaced rows, which are stored in four passes (GIF89a, appendix E): every 8th from
  /// 0, every 8th from 4, every 4th from 2, every 2nd from 1.
  private func deinterlaced(_ stored: [UInt8]) -> [UInt8] {
    var indices = stored
    var source = 0
    for (start, step) in [(0, 8), (4, 8), (2, 4), (1, 2)] {
      for row in stride(from: start, to: height, by: step) {
        indices.replaceSubrange(
          row * width..<(row + 1) * width, with: stored[source..<source + width])
        source += width
      }
    }
    return indices
  }
}
