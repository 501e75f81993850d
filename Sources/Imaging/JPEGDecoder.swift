internal import CCodecs

/// A JPEG file whose markers have been walked and whose pixels are still packed.
struct JPEGDecoder: StoredImage {
  let format = ImageFormat.jpeg
  let width: Int
  let height: Int
  let orientation: Orientation
  private let scanCount: Int
  private let hasFourComponents: Bool
  private let bytes: [UInt8]

  /// Walks the whole file once, counting scans.
  init(_ bytes: [UInt8]) throws(ImagingError) {
    var frame: ByteView?
    var scanCount = 0
    var orientation: Orientation?
    var markers = JPEGMarkers(bytes)
    while let segment = try markers.next() {
      if segment.isUnreadFrame { throw Self.unreadProcess }
      if segment.isFrame {
        guard frame == nil else { throw ImagingError(.invalid, "the JPEG has two frames") }
        frame = segment.payload
      } else if segment.isScan {
        scanCount += 1
      } else if segment.isExif, orientation == nil {
        orientation = Orientation(exif: segment.payload)
      }
    }
    // Precision, height, width, number of components (ITU-T T.81, B.2.2).
    guard scanCount > 0, let height = frame?.uint16(at: 1, .big),
      let width = frame?.uint16(at: 3, .big), let componentCount = frame?[5]
    else { throw ImagingError(.invalid, "the JPEG has no image") }
    self.width = Int(width)
    self.height = Int(height)
    self.orientation = orientation ?? .upright
    self.scanCount = scanCount
    hasFourComponents = componentCount == 4
    self.bytes = bytes
  }

  private static let unreadProcess = ImagingError(
    .unsupportedFormat,
    "the JPEG is lossless, hierarchical, JPEG-LS or has not 8 bits a sample: save it as a baseline "
      + "or progressive JPEG, or as PNG")

  func checkCost(_ limits: ImageLimits) throws(ImagingError) {
    try limits.check(jpegScanCount: scanCount, width: width, height: height)
  }

  func decode() throws(ImagingError) -> DecodedFrame {
    let channels = hasFourComponents ? 4 : 3
    let decoded = try unsafe decodedPixels(.jpeg, count: width * height * channels) {
      pixels, message in
      unsafe bytes.withUnsafeBufferPointer { file in
        unsafe iris_jpeg_decode(
          file.baseAddress, file.count, UInt32(width), UInt32(height), UInt32(channels), pixels,
          message)
      }
    }
    return DecodedFrame(
      hasFourComponents
        ? Raster(width: width, height: height, invertedCMYK: decoded)
        : Raster(width: width, height: height, pixels: decoded))
  }
}
