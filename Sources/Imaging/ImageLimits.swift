/// What a file may ask for; checked on its header, before any pixel is decoded.
public struct ImageLimits: Sendable, Equatable {
  /// Bytes of the file: 20 MB, counted in units of 1024.
  public var byteCount = 20 * 1024 * 1024
  /// Pixels of the image: 25 megapixels.
  public var pixelCount = 25_000_000
  /// Pixels along either side.
  public var side = 16_384
  /// How many times longer than the other one side may be; nil where that does not matter.
  public var aspect: Int?
  /// Scans of a JPEG; each costs a pass over the image, however few bytes it has.
  public var jpegScanCount = 32
  /// Pixels times scans of a JPEG: eighteen scans of the largest image.
  ///
  /// No usual encoder writes more: progressive files have 10 from libjpeg, 18 of those with four
  /// components, at most 16 from mozjpeg and 17 from jpegli.
  public var jpegScannedPixelCount = 450_000_000
  /// Bytes of the text chunks of a PNG, once decompressed, all together.
  public var textByteCount = 4 * 1024 * 1024

  /// The limits that the service states.
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
