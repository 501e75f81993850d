/// A GIF file whose blocks have been walked and whose first frame is still packed.
struct GIFDecoder: StoredImage {
  let format = ImageFormat.gif
  let width: Int
  let height: Int
  let orientation = Orientation.upright
  let frameCount: Int
  private let image: GIFImage
  private let palette: ByteView
  private let transparentIndex: UInt8?

  /// Walks the whole file once; only the first image is kept.
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

  /// Decodes the first frame; where it draws nothing the screen shows white.
  func decode() throws(ImagingError) -> DecodedFrame {
    let indices = try image.indices()
    let colours = palette.copy
    let usesUnknownColour = indices.contains {
      Int($0) * 3 >= colours.count && $0 != transparentIndex
    }
    if usesUnknownColour {
      throw ImagingError(.invalid, "the GIF uses a colour it does not define")
    }
    let frame = Raster(
      width: image.width, height: image.height, pixels: painted(indices, colours: colours))
    return DecodedFrame(frame, isTransparent: transparentIndex.map(indices.contains) ?? false)
      .placed(x: image.x, y: image.y, onWidth: width, height: height)
  }

  /// The colour of each index, looked up in a table that has all 256, white where transparent.
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
