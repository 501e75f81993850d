import CCodecs

/// A file with a validated structure whose pixels are not decoded yet.
protocol StoredImage: Sendable {
  var format: ImageFormat { get }
  /// Columns before the orientation is applied.
  var width: Int { get }
  /// Rows before the orientation is applied.
  var height: Int { get }
  var orientation: Orientation { get }
  /// The number of animation frames.
  var frameCount: Int { get }

  /// Checks the limits that apply to this format only.
  func checkCost(_ limits: ImageLimits) throws(ImagingError)

  /// Decodes the first frame without applying the orientation.
  ///
  /// The caller must have checked the size.
  func decode(for use: PixelUse) throws(ImagingError) -> DecodedFrame
}

/// What an image's alpha stands for.
enum PixelUse {
  /// For how much of a pixel is seen; it is composited on white.
  case picture
  /// For what is to be kept; where an image has transparency, that alone counts, inverted.
  case mask
}

extension StoredImage {
  var frameCount: Int { 1 }

  func checkCost(_ limits: ImageLimits) throws(ImagingError) {}
}

/// A decoded frame before the orientation is applied, without alpha.
struct DecodedFrame {
  let raster: Raster
  var isTransparent = false

  /// Creates a frame that covers the whole screen.
  init(_ raster: Raster, isTransparent: Bool = false) {
    self.raster = raster
    self.isTransparent = isTransparent
  }

  /// Creates a frame from straight RGBA.
  init(width: Int, height: Int, rgba: [UInt8], for use: PixelUse) {
    isTransparent = stride(from: 3, to: rgba.count, by: 4).contains { rgba[$0] < 255 }
    raster =
      isTransparent && use == .mask
      ? Raster(width: width, height: height, transparencyOf: rgba)
      : Raster(width: width, height: height, compositingOnWhite: rgba)
  }

  /// Returns the frame placed on an otherwise white screen.
  func placed(x: Int, y: Int, onWidth width: Int, height: Int) -> DecodedFrame {
    DecodedFrame(
      Raster(placing: raster, x: x, y: y, onWhiteWidth: width, height: height),
      isTransparent: isTransparent || raster.width < width || raster.height < height)
  }
}

/// Calls a function of a C codec and throws if it fails.
/// - Parameters:
///   - format: The image format, for the message.
///   - call: Calls the codec with a buffer for its message; returns 0 on success.
func checkCodec(
  _ format: ImageFormat, _ call: (UnsafeMutablePointer<CChar>) -> CInt
) throws(ImagingError) {
  if let message = unsafe codecFailure(call) {
    throw ImagingError(.invalid, "the \(format.name) is corrupt: \(message)")
  }
}

/// Calls a function of a C codec.
/// - Returns: The codec's message if it failed, otherwise nil.
func codecFailure(_ call: (UnsafeMutablePointer<CChar>) -> CInt) -> String? {
  unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IRIS_MESSAGE_SIZE)) {
    unsafe $0.initialize(repeating: 0)
    guard let message = $0.baseAddress, unsafe call(message) != 0 else { return nil }
    return unsafe String(cString: message)
  }
}

/// Calls a C codec with a buffer of exactly `count` bytes to fill.
/// - Parameters:
///   - format: The image format, for the message.
///   - count: The number of bytes that the codec writes on success.
///   - call: Calls the codec with the buffer and a message buffer; returns 0 on success.
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
