import CCodecs

/// Encodes PNG files: 8-bit RGB, not interlaced; equal input gives equal bytes.
public enum PNGEncoder {
  /// Encodes an image with text chunks.
  /// - Parameters:
  ///   - raster: The image.
  ///   - text: The texts, in storage order; stored before the pixels.
  /// - Returns: A complete PNG file.
  public static func encode(
    _ raster: Raster, text: [ImageText] = []
  ) throws(ImagingError) -> [UInt8] {
    guard let width = UInt32(exactly: raster.width), let height = UInt32(exactly: raster.height),
      let writer = PNGWriter(width: width, height: height)
    else { throw ImagingError(.encodingFailed, "libpng could not start") }
    for text in text {
      let chunk = try text.chunk()
      try writer.add(type: chunk.type, payload: chunk.payload)
    }
    return try writer.finish(pixels: raster.pixels)
  }
}

/// Owns one `iris_png_writer`.
///
/// Invariant: `handle` is the only reference to it, alive from `init` to `deinit`.
@safe
private struct PNGWriter: ~Copyable {
  private let handle: OpaquePointer

  init?(width: UInt32, height: UInt32) {
    guard let handle = unsafe iris_png_writer_create(width, height) else { return nil }
    unsafe self.handle = handle
  }

  deinit { unsafe iris_png_writer_free(handle) }

  func add(type: String, payload: [UInt8]) throws(ImagingError) {
    try unsafe check { message in
      unsafe payload.withUnsafeBufferPointer {
        unsafe iris_png_writer_add_chunk(handle, type, $0.baseAddress, $0.count, message)
      }
    }
  }

  func finish(pixels: [UInt8]) throws(ImagingError) -> [UInt8] {
    try unsafe check { message in
      unsafe pixels.withUnsafeBufferPointer {
        unsafe iris_png_writer_finish(handle, $0.baseAddress, message)
      }
    }
    var count = 0
    let bytes = unsafe iris_png_writer_bytes(handle, &count)
    return unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  private func check(_ call: (UnsafeMutablePointer<CChar>) -> CInt) throws(ImagingError) {
    if let message = unsafe codecFailure(call) {
      throw ImagingError(.encodingFailed, "the PNG could not be written: \(message)")
    }
  }
}
