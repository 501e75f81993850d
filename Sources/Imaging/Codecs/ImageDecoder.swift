import Hashing

/// Reads an image from untrusted bytes: a whole PNG, JPEG, WebP or GIF file.
///
/// The order never changes: file size, format by magic bytes, the file's structure and header, limits, and only
/// then pixels. The structure is walked once, when the decoder is made.
public struct ImageDecoder: Sendable {
  /// The format, upright size and orientation.
  public let header: ImageHeader
  private let bytes: [UInt8]
  private let image: any StoredImage

  /// Walks a file's structure and checks it against limits, decoding no pixel.
  /// - Parameters:
  ///   - bytes: The file.
  ///   - limits: The limits that the file must keep.
  public init(_ bytes: [UInt8], limits: ImageLimits = .init()) throws(ImagingError) {
    try limits.check(byteCount: bytes.count)
    let image = try Self.structure(of: bytes)
    try limits.check(format: image.format, width: image.width, height: image.height)
    try image.checkCost(limits)
    self.bytes = bytes
    self.image = image
    header = ImageHeader(
      format: image.format, storedWidth: image.width, storedHeight: image.height,
      orientation: image.orientation)
  }

  /// Decodes the first frame, upright, alpha composited on white, with what the pixels do not show.
  public func decode() throws(ImagingError) -> DecodedImage {
    let frame = try image.decode(for: .picture)
    return DecodedImage(
      raster: frame.raster.upright(from: image.orientation).read(from: SHA256.hash(bytes)),
      frameCount: image.frameCount, isTransparent: frame.isTransparent)
  }

  /// Decodes the first frame as the mask of an edit, upright and in grey: white where the file is
  /// transparent, or where it is white if it is opaque throughout.
  public func decodeMask() throws(ImagingError) -> Raster {
    try image.decode(for: .mask).raster.upright(from: image.orientation).grey()
  }

  /// Decodes the first frame of a file, upright, alpha composited on white.
  /// - Parameters:
  ///   - bytes: The file.
  ///   - limits: The limits that the file must keep.
  public static func decode(
    _ bytes: [UInt8], limits: ImageLimits = .init()
  ) throws(ImagingError) -> Raster {
    let image = try ImageDecoder(bytes, limits: limits).image
    return try image.decode(for: .picture).raster.upright(from: image.orientation)
  }

  private static func structure(of bytes: [UInt8]) throws(ImagingError) -> any StoredImage {
    switch ImageFormat.sniff(bytes) {
    case .png: return try PNGDecoder(bytes)
    case .jpeg: return try JPEGDecoder(bytes)
    case .webp: return try WebPDecoder(bytes)
    case .gif: return try GIFDecoder(bytes)
    case nil:
      throw ForeignFormat.refusal(of: bytes)
    }
  }
}

/// The properties of an image file that are known before any pixel is decoded.
public struct ImageHeader: Sendable, Equatable {
  /// The format, from the file's first bytes.
  public let format: ImageFormat
  /// Columns of the upright image.
  public let width: Int
  /// Rows of the upright image.
  public let height: Int
  /// The orientation in the file; `width` and `height` already account for it.
  public let orientation: Orientation

  init(format: ImageFormat, storedWidth: Int, storedHeight: Int, orientation: Orientation) {
    self.format = format
    self.width = orientation.exchangesSides ? storedHeight : storedWidth
    self.height = orientation.exchangesSides ? storedWidth : storedHeight
    self.orientation = orientation
  }
}

/// An image that was read from a file, and what of the file it does not show.
public struct DecodedImage: Sendable {
  /// The first frame, upright, on white, with the hash of the file.
  public let raster: Raster
  /// The number of frames in the file, of which the image is the first.
  public let frameCount: Int
  /// True if white was put where the file shows nothing, or half shows something.
  public let isTransparent: Bool
}
