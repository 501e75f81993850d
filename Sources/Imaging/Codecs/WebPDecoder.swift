import CCodecs

/// A WebP file with validated chunks; its pixels are not decoded yet.
struct WebPDecoder: StoredImage {
  let format = ImageFormat.webp
  let width: Int
  let height: Int
  let orientation: Orientation
  let frameCount: Int
  private let frame: Frame

  /// Validates the whole file in one pass and finds the still image or the first animation frame.
  init(_ bytes: [UInt8]) throws(ImagingError) {
    var canvas: Canvas?
    var first: ByteView?
    var frameCount = 0
    var orientation = Orientation.upright
    var chunks = try WebPChunks(bytes)
    while let chunk = try chunks.next() {
      if chunk.type == .canvas, canvas == nil { canvas = Canvas(chunk.payload) }
      if chunk.type == .animationFrame {
        first = first ?? chunk.payload
        frameCount += 1
      }
      if chunk.type == .webpExif { orientation = Orientation(exif: chunk.payload) }
    }
    if let canvas, canvas.isAnimated {
      guard let first else { throw ImagingError(.invalid, "the WebP animation has no frame") }
      frame = try Frame(animationFrame: first, bytes: bytes)
      (width, height) = (canvas.width, canvas.height)
    } else {
      frame = try Frame(range: 0..<bytes.count, x: 0, y: 0, bytes: bytes)
      (width, height) = (frame.width, frame.height)
    }
    guard frame.x + frame.width <= width, frame.y + frame.height <= height else {
      throw ImagingError(.invalid, "the WebP has a frame outside its canvas")
    }
    self.orientation = orientation
    self.frameCount = canvas?.isAnimated == true ? frameCount : 1
  }

  func decode(for use: PixelUse) throws(ImagingError) -> DecodedFrame {
    try frame.decode(for: use).placed(x: frame.x, y: frame.y, onWidth: width, height: height)
  }
}

/// The `VP8X` chunk: flags, three reserved bytes, then width - 1 and height - 1 in 24 bits each.
private struct Canvas {
  let isAnimated: Bool
  let width: Int
  let height: Int

  init?(_ payload: ByteView) {
    guard let flags = payload[0], let width = payload.uint24(at: 4),
      let height = payload.uint24(at: 7)
    else { return nil }
    isAnimated = flags & 0x02 != 0
    self.width = width + 1
    self.height = height + 1
  }
}

/// A bitstream and its position on the canvas.
private struct Frame {
  let x: Int
  let y: Int
  let width: Int
  let height: Int
  private let hasAlpha: Bool
  private let range: Range<Int>
  private let bytes: [UInt8]

  /// Parses an `ANMF` chunk: x / 2, y / 2, width - 1, height - 1 and duration in 24 bits each,
  /// flags in 8 bits, then the bitstream.
  init(animationFrame payload: ByteView, bytes: [UInt8]) throws(ImagingError) {
    guard let halfX = payload.uint24(at: 0), let halfY = payload.uint24(at: 3),
      let width = payload.uint24(at: 6), let height = payload.uint24(at: 9)
    else { throw ImagingError(.invalid, "the WebP has an unfinished frame") }
    try self.init(
      range: payload.dropping(16).fileRange, x: 2 * halfX, y: 2 * halfY, bytes: bytes)
    guard self.width == width + 1, self.height == height + 1 else {
      throw ImagingError(.invalid, "the WebP has a frame with two sizes")
    }
  }

  init(range: Range<Int>, x: Int, y: Int, bytes: [UInt8]) throws(ImagingError) {
    var width: UInt32 = 0
    var height: UInt32 = 0
    var hasAlpha: CInt = 0
    try unsafe checkCodec(.webp) { message in
      unsafe bytes.withUnsafeBufferPointer {
        let part = unsafe UnsafeBufferPointer(rebasing: $0[range])
        return unsafe iris_webp_header(
          part.baseAddress, part.count, &width, &height, &hasAlpha, message)
      }
    }
    self.x = x
    self.y = y
    self.width = Int(width)
    self.height = Int(height)
    self.hasAlpha = hasAlpha != 0
    self.range = range
    self.bytes = bytes
  }

  func decode(for use: PixelUse) throws(ImagingError) -> DecodedFrame {
    let channels = hasAlpha ? 4 : 3
    let decoded = try unsafe decodedPixels(.webp, count: width * height * channels) {
      pixels, message in
      unsafe bytes.withUnsafeBufferPointer {
        let part = unsafe UnsafeBufferPointer(rebasing: $0[range])
        return unsafe iris_webp_decode(
          part.baseAddress, part.count, UInt32(width), UInt32(height), UInt32(channels), pixels,
          message)
      }
    }
    guard hasAlpha else {
      return DecodedFrame(Raster(width: width, height: height, pixels: decoded))
    }
    return DecodedFrame(width: width, height: height, rgba: decoded, for: use)
  }
}

extension ByteView {
  /// Reads a little-endian 24-bit number, WebP's type for sizes.
  fileprivate func uint24(at offset: Int) -> Int? {
    guard let low = uint16(at: offset, .little), let high = self[offset + 2] else { return nil }
    return Int(high) << 16 | Int(low)
  }
}

/// One chunk of a WebP file.
struct WebPChunk {
  let type: ChunkType
  let payload: ByteView
}

/// Iterates over the chunks of a WebP file up to the length in its RIFF header.
struct WebPChunks {
  private let riff: ByteView
  private var offset = 12

  init(_ bytes: [UInt8]) throws(ImagingError) {
    let file = ByteView(bytes)
    guard let size = file.uint32(at: 4, .little), size >= 4,
      let riff = file.slice(at: 0, count: Int(size) + 8)
    else { throw ImagingError(.invalid, "the WebP ends before the size its header gives") }
    self.riff = riff
  }

  /// Returns the next chunk, or `nil` at the end.
  mutating func next() throws(ImagingError) -> WebPChunk? {
    // Chunks have an even size; a last odd byte is padding of the file.
    guard offset + 1 < riff.count else { return nil }
    guard let code = riff.uint32(at: offset, .big),
      let size = riff.uint32(at: offset + 4, .little),
      let payload = riff.slice(at: offset + 8, count: Int(size))
    else { throw ImagingError(.invalid, "the WebP has a chunk that does not fit into the file") }
    offset += 8 + Int(size) + Int(size & 1)
    return WebPChunk(type: ChunkType(code), payload: payload)
  }
}
