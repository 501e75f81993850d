import CCodecs

/// The file formats that are written.
public enum OutputFormat: String, Sendable, CaseIterable {
  /// Portable Network Graphics, lossless.
  case png
  /// JPEG, baseline.
  case jpeg
  /// WebP, lossy.
  case webp

  /// The name for messages.
  public var name: String { format.name }

  /// The endings of file names, without the dot, in lower case; the usual one first.
  public var endings: [String] {
    switch self {
    case .png: ["png"]
    case .jpeg: ["jpg", "jpeg"]
    case .webp: ["webp"]
    }
  }

  /// True if pixels are not kept exactly, and ``ImageEncoding/quality`` counts.
  public var isLossy: Bool { self != .png }

  private var format: ImageFormat {
    switch self {
    case .png: .png
    case .jpeg: .jpeg
    case .webp: .webp
    }
  }
}

/// A file format and its quality.
public struct ImageEncoding: Sendable, Equatable {
  /// The allowed qualities.
  public static let qualities = 0...100
  /// The default quality, which is OpenAI's for `output_compression`.
  public static let defaultQuality = 100

  /// The file format.
  public var format: OutputFormat
  /// The quality of a lossy format, 0 to 100, on libjpeg's and libwebp's scales; PNG has none.
  public var quality: Int

  /// Creates an encoding.
  public init(_ format: OutputFormat, quality: Int = defaultQuality) {
    self.format = format
    self.quality = quality
  }

  /// Lossless.
  public static let png = ImageEncoding(.png)
}

/// Writes image files: equal input gives equal bytes.
public enum ImageEncoder {
  /// Encodes an image with texts.
  /// - Parameters:
  ///   - raster: The image.
  ///   - encoding: The file format.
  ///   - text: The texts, in storage order; ``ImageTextReader`` reads them back.
  /// - Returns: A complete file.
  public static func encode(
    _ raster: Raster, as encoding: ImageEncoding, text: [ImageText] = []
  ) throws(ImagingError) -> [UInt8] {
    switch encoding.format {
    case .png: try PNGEncoder.encode(raster, text: text)
    case .jpeg: try JPEGEncoder.encode(raster, quality: encoding.quality, text: text)
    case .webp: try WebPEncoder.encode(raster, quality: encoding.quality, text: text)
    }
  }
}

/// Calls a C codec that writes a file.
/// - Parameters:
///   - format: The image format, for the message.
///   - raster: The image.
///   - call: Calls the codec with the pixels, and with where it is to put a buffer that it allocated,
///     its length and a message; returns 0 on success.
/// - Returns: The file.
func encodedFile(
  _ format: ImageFormat, _ raster: Raster,
  _ call: (
    UnsafePointer<UInt8>?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>,
    UnsafeMutablePointer<Int>, UnsafeMutablePointer<CChar>
  ) -> CInt
) throws(ImagingError) -> [UInt8] {
  var buffer: UnsafeMutablePointer<UInt8>?
  var count = 0
  let failure = unsafe codecFailure { message in
    unsafe raster.pixels.withUnsafeBufferPointer {
      unsafe call($0.baseAddress, &buffer, &count, message)
    }
  }
  // The codec allocated it, if anything; it is read before it is freed.
  defer { unsafe iris_free_file(buffer) }
  if let failure {
    throw ImagingError(.encodingFailed, "the \(format.name) could not be written: \(failure)")
  }
  return unsafe Array(UnsafeBufferPointer(start: buffer, count: count))
}
