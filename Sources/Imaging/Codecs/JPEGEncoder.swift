import CCodecs

/// Encodes JPEG files: baseline with optimised Huffman tables, YCbCr; equal input gives equal bytes.
enum JPEGEncoder {
  /// The most bytes in a segment (ITU-T T.81, B.2.4.6), less its length.
  private static let segmentByteLimit = 65_533
  /// The quality from which the chroma is kept in full, as libvips has it; below, it is halved both ways.
  private static let fullChromaQuality = 90
  private static let exifPrefix: [UInt8] = Array("Exif\0\0".utf8)

  /// Encodes an image, and its texts in an Exif segment.
  /// - Parameters:
  ///   - quality: 0 to 100, on libjpeg's scale.
  static func encode(
    _ raster: Raster, quality: Int, text: [ImageText]
  ) throws(ImagingError) -> [UInt8] {
    guard let width = UInt32(exactly: raster.width), let height = UInt32(exactly: raster.height),
      let quality = CInt(exactly: quality)
    else { throw ImagingError(.encodingFailed, "the JPEG could not be written: it is too large") }
    let exif = text.isEmpty ? [] : exifPrefix + ExifText.block(text)
    guard exif.count <= segmentByteLimit else {
      throw ImagingError(
        .invalidText,
        "the texts take \(exif.count) bytes in a JPEG, which holds \(segmentByteLimit)")
    }
    return try unsafe encodedFile(.jpeg, raster) { pixels, bytes, count, message in
      unsafe exif.withUnsafeBufferPointer {
        unsafe iris_jpeg_encode(
          pixels, width, height, quality, quality >= fullChromaQuality ? 1 : 0, $0.baseAddress,
          $0.count, bytes, count, message)
      }
    }
  }
}
