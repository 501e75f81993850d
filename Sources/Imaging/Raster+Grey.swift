extension Raster {
  /// The image in grey, as Pillow converts it to `L`: the luma of ITU-R BT.601, in 16 bits of fixed point,
  /// rounded.
  func grey() -> Raster {
    var grey: [UInt8] = []
    grey.reserveCapacity(pixels.count)
    for pixel in stride(from: 0, to: pixels.count, by: 3) {
      let sum =
        UInt32(pixels[pixel]) * 19595 + UInt32(pixels[pixel + 1]) * 38470
        + UInt32(pixels[pixel + 2]) * 7471
      let value = UInt8(truncatingIfNeeded: (sum + 0x8000) >> 16)
      grey.append(value)
      grey.append(value)
      grey.append(value)
    }
    return Raster(width: width, height: height, pixels: grey)
  }

  /// Creates a grey image of transparency: 255 where there is nothing, 0 where there is all.
  /// - Parameters:
  ///   - width: Columns, at least 1.
  ///   - height: Rows, at least 1.
  ///   - rgba: Interleaved red, green, blue, alpha, row-major; `width · height · 4` values.
  init(width: Int, height: Int, transparencyOf rgba: [UInt8]) {
    precondition(rgba.count == width * height * 4, "\(rgba.count) values for \(width)x\(height)")
    var grey: [UInt8] = []
    grey.reserveCapacity(width * height * 3)
    for alpha in stride(from: 3, to: rgba.count, by: 4) {
      let value = 255 - rgba[alpha]
      grey.append(value)
      grey.append(value)
      grey.append(value)
    }
    self.init(width: width, height: height, pixels: grey)
  }
}
