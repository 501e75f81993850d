import CCodecs

/// A file whose structure has been checked from end to end and whose pixels are still packed.
protocol StoredImage: Sendable {
  var format: ImageFormat { get }
  /// Columns as stored, before the orientation is applied.
  var width: Int { get }
  /// Rows as stored, before the orientation is applied.
  var height: Int { get }
  var orientation: Orientation { get }
  /// The number of images that the file shows one after another.
  var frameCount: Int { get }

  /// Checks the limits that concern this format alone.
  func checkCost(_ limits: ImageLimits) throws(ImagingError)

  /// Decodes the first frame as it is stored, alpha composited on white.
  ///
  /// The size must have been checked.
  func decode() throws(ImagingError) -> DecodedFrame
}

extension StoredImage {
  var frameCount: Int { 1 }

  func checkCost(_ limits: ImageLimits) throws(ImagingError) {}
}

/// One frame as it is stored, on white.
struct DecodedFrame {
  let raster: Raster
  var isTransparent = false

  /// A frame that covers its whole screen.
  init(_ raster: Raster, isTransparent: Bool = false) {
    self.raster = raster
    self.isTransparent = isTransparent
  }

  /// Composites straight RGBA on white.
  init(width: Int, height: Int, rgba: [UInt8]) {
    raster = Raster(width: width, height: height, compositingOnWhite: rgba)
    isTransparent = stride(from: 3, to: rgba.count, by: 4).contains { rgba[$0] < 255 }
  }

  /// Places the frame on a screen that is white elsewhere.
  func placed(x: Int, y: Int, onWidth width: Int, height: Int) -> DecodedFrame {
    DecodedFrame(
      Raster(placing: raster, x: x, y: y, onWhiteWidth: width, height: height),
      isTransparent: isTransparent || raster.width < width || raster.height < height)
  }
}

/// Runs one function of a C codec and turns its refusal into an error.
/// - Parameters:
///   - format: The format being read, for the message.
///   - call: Calls the codec with a buffer for its message; 0 is success.
func checkCodec(
  _ format: ImageFormat, _ call: (UnsafeMutablePointer<CChar>) -> CInt
) throws(ImagingError) {
  if let message = unsafe codecFailure(call) {
    throw ImagingError(.invalid, "the \(format.name) is corrupt: \(message)")
  }
}

/// Runs one function of a C codec.
/// - Returns: The codec's own message if it failed.
func codecFailure(_ call: (UnsafeMutablePointer<CChar>) -> CInt) -> String? {
  unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IRIS_MESSAGE_SIZE)) {
    unsafe $0.initialize(repeating: 0)
    guard let message = $0.baseAddress, unsafe call(message) != 0 else { return nil }
    return unsafe String(cString: message)
  }
}

/// Lets a C codec fill a buffer of exactly `count` bytes.
/// - Parameters:
///   - format: The format being read, for the message.
///   - count: Bytes that the codec writes when it succeeds.
///   - call: Calls the codec with the buffer and a buffer for its message; 0 is success.
/// - Returns: The filled buffer.
func decodedPixels(
  _ format: ImageFormat, count: Int,
  _ call: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<CChar>) -> CInt
) throws(ImagingError) -> [UInt8] {
  var failure: String?
  let pixels = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
    failure = unsafe codecFailure { message in
      guard let target = buffer.baseAddress else { return 1 }
      return unsafe call(target, message)
    }
    written = failure == nil ? count : 0
  }
  if let failure {
    throw ImagingError(.invalid, "the \(format.name) is corrupt: \(failure)")
  }
  return pixels
}
