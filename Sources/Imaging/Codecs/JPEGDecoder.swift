import CCodecs

/// A JPEG file with validated markers; its pixels are not decoded yet.
struct JPEGDecoder: StoredImage {
  let format = ImageFormat.jpeg
  let width: Int
  let height: Int
  let orientation: Orientation
  private let scanCount: Int
  private let hasFourComponents: Bool
  private let bytes: [UInt8]

  /// Validates the whole file in one pass and counts its scans.
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

  func decode(for use: PixelUse) throws(ImagingError) -> DecodedFrame {
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

/// A marker of a JPEG file and the segment that follows it.
struct JPEGSegment {
  /// The byte after `0xFF`.
  let marker: UInt8
  let payload: ByteView

  /// True for a start of frame of any process; three codes in the range have other meanings (ITU-T
  /// T.81, B.1.1.3).
  var isFrame: Bool {
    (0xC0...0xCF).contains(marker) && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
  }
  /// True for an unsupported frame: of a process other than baseline, extended and progressive,
  /// with either coding (SOF0 to SOF2, SOF9 and SOF10), of JPEG-LS (ISO/IEC 14495-1), or with
  /// samples of more than 8 bits.
  var isUnreadFrame: Bool {
    if marker == 0xF7 { return true }
    return isFrame && (![0xC0, 0xC1, 0xC2, 0xC9, 0xCA].contains(marker) || (payload[0] ?? 8) > 8)
  }
  /// True for a start of scan.
  var isScan: Bool { marker == 0xDA }
  /// True for an APP1 segment with Exif data.
  var isExif: Bool { marker == 0xE1 && payload.starts(with: Array("Exif\0\0".utf8)) }
}

/// Iterates over the markers of a JPEG file from `SOI` to `EOI`, skipping entropy-coded data and
/// stray bytes as libjpeg does: both must find the same scans.
struct JPEGMarkers {
  /// Maximum number of markers.
  ///
  /// An image at the pixel limit with a restart marker after each block has 400,000 per scan;
  /// walking the five million that fit into a file takes 0.1 s.
  private static let markerLimit = 1_000_000

  private let file: ByteView
  private var offset = 2
  private var markerCount = 0
  private var hasEnded = false

  init(_ bytes: [UInt8]) {
    file = ByteView(bytes)
  }

  /// Returns the next segment, or `nil` after `EOI`.
  mutating func next() throws(ImagingError) -> JPEGSegment? {
    while !hasEnded {
      guard let marker = nextMarker() else { throw Self.truncated }
      markerCount += 1
      guard markerCount <= Self.markerLimit else {
        throw ImagingError(.tooLarge, "the JPEG has more than \(Self.markerLimit) markers")
      }
      if marker == 0xD9 {
        hasEnded = true
      } else if !Self.standsAlone(marker) {
        // The length includes its own two bytes.
        guard let length = file.uint16(at: offset, .big), length >= 2,
          let payload = file.slice(at: offset + 2, count: Int(length) - 2)
        else { throw Self.truncated }
        offset += Int(length)
        return JPEGSegment(marker: marker, payload: payload)
      }
    }
    return nil
  }

  private static let truncated = ImagingError(
    .invalid, "the JPEG ends before its end-of-image marker")

  /// Advances past the next `0xFF` that is followed by neither a stuffed zero nor another `0xFF`.
  private mutating func nextMarker() -> UInt8? {
    while let found = file.firstOffset(of: 0xFF, from: offset) {
      offset = found + 1
      guard let code = file[offset] else { return nil }
      if code != 0x00, code != 0xFF {
        offset += 1
        return code
      }
    }
    return nil
  }

  /// Returns whether a marker has no segment: `TEM`, `RST0` to `RST7` and a repeated `SOI`.
  private static func standsAlone(_ marker: UInt8) -> Bool {
    marker == 0x01 || (0xD0...0xD8).contains(marker)
  }
}
