extension Raster {
  /// Composites straight (not premultiplied) RGBA on white.
  ///
  /// `round((c·a + 255·(255 - a)) / 255)`, exact: adding 128 and folding the high byte back is
  /// division by 255 rounded to nearest for every 16-bit sum.
  /// - Parameters:
  ///   - width: Columns, at least 1.
  ///   - height: Rows, at least 1.
  ///   - rgba: Interleaved red, green, blue, alpha, row-major; `width · height · 4` values.
  init(width: Int, height: Int, compositingOnWhite rgba: [UInt8]) {
    let pixelCount = width * height
    precondition(rgba.count == pixelCount * 4, "\(rgba.count) values for \(width)x\(height) RGBA")
    let pixels = unsafe [UInt8](unsafeUninitializedCapacity: pixelCount * 3) { output, written in
      unsafe rgba.withUnsafeBufferPointer { input in
        for pixel in 0..<pixelCount {
          let alpha = unsafe UInt32(input[pixel &* 4 &+ 3])
          let white = 255 &* (255 &- alpha) &+ 128
          for channel in 0..<3 {
            let sum = unsafe UInt32(input[pixel &* 4 &+ channel]) &* alpha &+ white
            unsafe output[pixel &* 3 &+ channel] =
              UInt8(truncatingIfNeeded: (sum &+ (sum >> 8)) >> 8)
          }
        }
      }
      written = pixelCount * 3
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}
