extension Raster {
  /// Converts CMYK as JPEG files store it: 255 is no ink.
  ///
  /// Adobe's convention, and followed by every common writer and reader with or without Adobe's
  /// marker. `k - round((255 - c)·k / 255)` per channel, without a colour profile, as Pillow does.
  /// - Parameters:
  ///   - width: Columns, at least 1.
  ///   - height: Rows, at least 1.
  ///   - cmyk: Interleaved, row-major; `width · height · 4` values.
  init(width: Int, height: Int, invertedCMYK cmyk: [UInt8]) {
    let pixelCount = width * height
    precondition(cmyk.count == pixelCount * 4, "\(cmyk.count) values for \(width)x\(height) CMYK")
    let pixels = unsafe [UInt8](unsafeUninitializedCapacity: pixelCount * 3) { output, written in
      unsafe cmyk.withUnsafeBufferPointer { input in
        for pixel in 0..<pixelCount {
          let light = unsafe UInt32(input[pixel &* 4 &+ 3])
          for channel in 0..<3 {
            let ink = unsafe 255 &- UInt32(input[pixel &* 4 &+ channel])
            let product = ink &* light &+ 128
            let absorbed = (product &+ (product >> 8)) >> 8
            unsafe output[pixel &* 3 &+ channel] = UInt8(truncatingIfNeeded: light &- absorbed)
          }
        }
      }
      written = pixelCount * 3
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}
