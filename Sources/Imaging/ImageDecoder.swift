/// Reads images from untrusted bytes.
///
/// The order never changes: file size, format by magic bytes, the file's structure and header,
/// limits, and only then pixels.
public enum ImageDecoder {
  /// Decodes the first frame of a file, upright, alpha composited on white.
  /// - Parameters:
  ///   - bytes: A whole PNG, JPEG, WebP or GIF file.
  ///   - limits: What the file may ask for.
  /// - Returns: The image.
  public static func decode(
    _ bytes: [UInt8], limits: ImageLimits = .init()
  ) throws(ImagingError) -> Raster {
    try image(bytes, limits: limits).raster
  }

  /// Decodes the first frame of a file as `decode` does, and tells what the image does not show.
  /// - Parameters:
  ///   - bytes: A whole PNG, JPEG, WebP or GIF file.
  ///   - limits: What the file may ask for.
  public static func image(
    _ bytes: [UInt8], limits: ImageLimits = .init()
  ) throws(ImagingError) -> DecodedImage {
    let image = try open(bytes, limits: limits)
    let frame = try image.decode()
    return DecodedImage(
      raster: frame.raster.upright(from: image.orientation), frameCount: image.frameCount,
      isTransparent: frame.isTransparent)
  }

  /// Reads what a file says about its image, checking limits but decoding no pixel.
  /// - Parameters:
  ///   - bytes: A whole PNG, JPEG, WebP or GIF file.
  ///   - limits: What the file may ask for.
  /// - Returns: Format, upright size and orientation.
  public static func header(
    _ bytes: [UInt8], limits: ImageLimits = .init()
  ) throws(ImagingError) -> ImageHeader {
    let image = try open(bytes, limits: limits)
    return ImageHeader(
      format: image.format, storedWidth: image.width, storedHeight: image.height,
      orientation: image.orientation)
  }

  private static func open(
    _ bytes: [UInt8], limits: ImageLimits
  ) throws(ImagingError) -> any StoredImage {
    try limits.check(byteCount: bytes.count)
    let image = try structure(of: bytes)
    try limits.check(format: image.format, width: image.width, height: image.height)
    try image.checkCost(limits)
    return image
  }

  private static func structure(of bytes: [UInt8]) throws(ImagingError) -> any StoredImage {
    switch ImageFormat.sniff(bytes) {
    case .png: return try PNGDecoder(bytes)
    case .jpeg: return try JPEGDecoder(bytes)
    case .webp: return try WebPDecoder(bytes)
    case .gif: return try GIFDecoder(bytes)
    case nil:
      throw ForeignFormat.refusal(of: bytes)
        ?? ImagingError(
          .unsupportedFormat, "the file is not an image in PNG, JPEG, WebP or GIF format")
    }
  }
}
