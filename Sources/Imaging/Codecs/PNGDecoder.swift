import CCodecs

/// A PNG file with validated chunks; its pixels are not decoded yet.
struct PNGDecoder: StoredImage {
  let format = ImageFormat.png
  let width: Int
  let height: Int
  let orientation: Orientation
  let frameCount: Int
  private let hasAlpha: Bool
  private let bytes: [UInt8]

  /// Validates the whole file in one pass, so that `libpng` receives only complete files.
  init(_ bytes: [UInt8]) throws(ImagingError) {
    var chunks = PNGChunks(bytes)
    let first = try chunks.next()
    if first?.type == .appleHeader {
      throw ImagingError(
        .unsupportedFormat,
        "the PNG is one that Xcode packed for iOS, in a layout of Apple's own: send the original")
    }
    guard let header = first, header.type == .header, header.payload.count == 13,
      let width = header.payload.uint32(at: 0, .big),
      let height = header.payload.uint32(at: 4, .big), let colourType = header.payload[9]
    else { throw ImagingError(.invalid, "the PNG does not start with an IHDR chunk") }
    // Bit 2 of the colour type indicates an alpha channel (PNG specification, §11.2.1).
    var hasAlpha = colourType & 4 != 0
    var orientation: Orientation?
    var profiles = PNGRawProfiles()
    var frameCount = 1
    while let chunk = try chunks.next() {
      if chunk.type == .transparency { hasAlpha = true }
      // Number of frames and of plays, 32 bits each (PNG specification, third edition, §11.3.6.1).
      if chunk.type == .animation {
        frameCount = chunk.payload.uint32(at: 0, .big).map { Int($0) } ?? 1
      }
      if chunk.type == .pngExif { orientation = Orientation.stated(in: chunk.payload) }
      profiles.read(chunk)
    }
    self.width = Int(width)
    self.height = Int(height)
    self.orientation = orientation ?? profiles.orientation ?? .upright
    self.frameCount = frameCount
    self.hasAlpha = hasAlpha
    self.bytes = bytes
  }

  func decode(for use: PixelUse) throws(ImagingError) -> DecodedFrame {
    let channels = hasAlpha ? 4 : 3
    let decoded = try unsafe decodedPixels(.png, count: width * height * channels) {
      pixels, message in
      unsafe bytes.withUnsafeBufferPointer { file in
        unsafe iris_png_decode(
          file.baseAddress, file.count, UInt32(width), UInt32(height), UInt32(channels), pixels,
          message)
      }
    }
    guard hasAlpha else {
      return DecodedFrame(Raster(width: width, height: height, pixels: decoded))
    }
    return DecodedFrame(width: width, height: height, rgba: decoded, for: use)
  }
}

/// One chunk of a PNG file.
struct PNGChunk {
  let type: ChunkType
  let payload: ByteView
}

/// Iterates over the chunks of a PNG file up to `IEND`; checks lengths, types and checksums.
struct PNGChunks {
  private let file: ByteView
  private let bytes: [UInt8]
  private var offset = ImageFormat.pngSignature.count
  private var hasEnded = false

  /// Begins behind the signature, which has been checked.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    file = ByteView(bytes)
  }

  /// Returns the next chunk, or `nil` after `IEND`; data after `IEND` are ignored, as in browsers.
  mutating func next() throws(ImagingError) -> PNGChunk? {
    guard !hasEnded else { return nil }
    guard let length = file.uint32(at: offset, .big),
      let code = file.uint32(at: offset + 4, .big),
      let payload = file.slice(at: offset + 8, count: Int(length)),
      let checksum = file.uint32(at: offset + 8 + Int(length), .big)
    else { throw ImagingError(.invalid, "the PNG ends before its IEND chunk") }
    let type = ChunkType(code)
    guard type.isAlphabetic else {
      throw ImagingError(.invalid, "the PNG has a chunk whose type is not four letters")
    }
    guard checksum == Self.checksum(of: bytes, in: offset + 4..<payload.fileRange.upperBound)
    else {
      throw ImagingError(.invalid, "the PNG has a chunk with a wrong checksum")
    }
    offset += 12 + Int(length)
    hasEnded = type == .end
    return PNGChunk(type: type, payload: payload)
  }

  /// Returns the CRC-32 of a range of a file's bytes.
  private static func checksum(of bytes: [UInt8], in range: Range<Int>) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer {
      let part = unsafe UnsafeBufferPointer(rebasing: $0[range])
      return unsafe iris_crc32(0, part.baseAddress, part.count)
    }
  }
}
