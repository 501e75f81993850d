/// Limits on an image file, checked on its header before any pixel is decoded.
public struct ImageLimits: Sendable, Equatable {
  /// Maximum file size in bytes: 20 MB, in units of 1024.
  public var byteCount = 20 * 1024 * 1024
  /// Maximum number of pixels: 25 megapixels.
  public var pixelCount = 25_000_000
  /// Maximum width and height in pixels.
  public var side = 16_384
  /// Maximum ratio of the longer to the shorter side; nil for no limit.
  public var aspect: Int?
  /// Maximum number of JPEG scans; each costs a pass over the image, regardless of its size in
  /// bytes.
  public var jpegScanCount = 32
  /// Maximum product of JPEG pixels and scans: eighteen scans of the largest image.
  ///
  /// Usual encoders stay within it: libjpeg writes progressive files with 10 scans, 18 for four
  /// components; mozjpeg at most 16 and jpegli 17.
  public var jpegScannedPixelCount = 450_000_000
  /// Maximum total size of the texts of a file in bytes, after decompression.
  public var textByteCount = 4 * 1024 * 1024

  /// Creates the service's documented limits.
  public init() {}
}

extension ImageLimits {
  func check(byteCount count: Int) throws(ImagingError) {
    guard count <= byteCount else {
      throw ImagingError(
        .tooLarge, "the image has \(count) bytes; at most \(byteCount) are allowed")
    }
  }

  func check(format: ImageFormat, width: Int, height: Int) throws(ImagingError) {
    guard width > 0, height > 0 else {
      throw ImagingError(
        .invalid, "the \(format.name) is \(width)x\(height); each side must be at least 1")
    }
    guard width <= side, height <= side else {
      throw ImagingError(
        .tooLarge,
        "the \(format.name) is \(width)x\(height); at most \(side) pixels a side are allowed")
    }
    guard width * height <= pixelCount else {
      throw ImagingError(
        .tooLarge,
        "the \(format.name) is \(width)x\(height); at most \(pixelCount) pixels are allowed")
    }
    if let aspect, max(width, height) > aspect * min(width, height) {
      throw ImagingError(
        .invalid,
        "the \(format.name) is \(width)x\(height); one side may be at most \(aspect) times the other"
      )
    }
  }

  func check(jpegScanCount count: Int, width: Int, height: Int) throws(ImagingError) {
    guard count <= jpegScanCount else {
      throw ImagingError(
        .tooLarge, "the JPEG has \(count) scans; at most \(jpegScanCount) are allowed")
    }
    guard width * height * count <= jpegScannedPixelCount else {
      throw ImagingError(
        .tooLarge,
        "the JPEG is \(width)x\(height) in \(count) scans; pixels times scans may be at most "
          + "\(jpegScannedPixelCount)")
    }
  }
}
