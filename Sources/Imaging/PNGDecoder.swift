internal import CCodecs

/// A PNG file whose chunks have been walked and whose pixels are still packed.
struct PNGDecoder: StoredImage {
  let format = ImageFormat.png
  let width: Int
  let height: Int
  let orientation: Orientation
  let frameCount: Int
  private let hasAlpha: Bool
  private let bytes: [UInt8]

  /// Walks the whole file once; `libpng` then sees only complete files.
  init(_ bytes: [UInt8]) throws(ImagingError) {
    var chunks = try PNGChunks(bytes)
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
    // Bit 2 of the colour type means an alpha channel (PNG specification, §11.2.1).
    var hasAlpha = colourType & 4 != 0
    var orientation: Orientation?
    var profiles = PNGRawProfiles()
    var frameCount = 1
    while let chunk = try chunks.next() {
      if chunk.type == .transparency { hasAlpha = true }
      // Frames and plays, 32 bits each (PNG specification, third edition, §11.3.6.1).
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

  func decode() throws(ImagingError) -> DecodedFrame {
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
    return DecodedFrame(width: width, height: height, rgba: decoded)
  }
}
