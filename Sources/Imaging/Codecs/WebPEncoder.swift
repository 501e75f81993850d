import CCodecs

/// Encodes lossy WebP files; equal input gives equal bytes.
enum WebPEncoder {
  /// The flag of a file with an `EXIF` chunk in its `VP8X` chunk.
  private static let exifFlag: UInt8 = 0x08
  /// The bytes of `RIFF`, the size and `WEBP`, which go before the chunks.
  private static let headerByteCount = 12

  /// Encodes an image, and its texts in an `EXIF` chunk.
  /// - Parameters:
  ///   - quality: 0 to 100, on libwebp's scale.
  static func encode(
    _ raster: Raster, quality: Int, text: [ImageText]
  ) throws(ImagingError) -> [UInt8] {
    guard let width = UInt32(exactly: raster.width), let height = UInt32(exactly: raster.height)
    else { throw ImagingError(.encodingFailed, "the WebP could not be written: it is too large") }
    let simple = try unsafe encodedFile(.webp, raster) { pixels, bytes, count, message in
      unsafe iris_webp_encode(pixels, width, height, Float(quality), bytes, count, message)
    }
    return text.isEmpty ? simple : extended(simple, width, height, exif: ExifText.block(text))
  }

  /// Returns a file of a bitstream alone with an Exif block.
  /// - Note: RFC 9649, §2.7: `VP8X`, the bitstream, `EXIF`, each padded to an even size.
  private static func extended(
    _ simple: [UInt8], _ width: UInt32, _ height: UInt32, exif: [UInt8]
  ) -> [UInt8] {
    let canvas: [UInt8] =
      [exifFlag, 0, 0, 0] + little(width - 1).prefix(3) + little(height - 1).prefix(3)
    let chunks: [UInt8] =
      chunk("VP8X", canvas) + simple.dropFirst(headerByteCount) + chunk("EXIF", exif)
    return Array("RIFF".utf8) + little(UInt32(4 + chunks.count)) + Array("WEBP".utf8) + chunks
  }

  private static func chunk(_ type: StaticString, _ payload: [UInt8]) -> [UInt8] {
    Array(type.description.utf8) + little(UInt32(payload.count)) + payload
      + (payload.count % 2 == 0 ? [] : [0])
  }

  private static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
