/// An image in memory: 8-bit RGB, opaque, already upright.
public struct Raster: Sendable, Equatable {
  /// Columns, at least 1.
  public let width: Int
  /// Rows, at least 1.
  public let height: Int
  /// Red, green and blue of each pixel, row by row from the top: `width · height · 3` values.
  public let pixels: [UInt8]

  /// Wraps pixels that already have the layout of a raster.
  /// - Parameters:
  ///   - width: Columns, at least 1.
  ///   - height: Rows, at least 1.
  ///   - pixels: Interleaved RGB, row-major; exactly `width · height · 3` values.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(
      width > 0 && height > 0 && pixels.count == width * height * 3,
      "A \(width)x\(height) raster cannot hold \(pixels.count) values")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}

extension Raster {
  /// Copies a rectangle that lies inside the image.
  /// - Parameters:
  ///   - x: First column.
  ///   - y: First row.
  ///   - width: Columns to keep, at least 1.
  ///   - height: Rows to keep, at least 1.
  /// - Returns: A raster of `width` by `height`.
  public func cropped(x: Int, y: Int, width: Int, height: Int) -> Raster {
    precondition(
      x >= 0 && y >= 0 && width > 0 && height > 0
        && width <= self.width - x && height <= self.height - y,
      "\(width)x\(height) at (\(x), \(y)) is not inside \(self.width)x\(self.height)")
    var kept: [UInt8] = []
    kept.reserveCapacity(width * height * 3)
    for row in y..<y + height {
      let start = (row * self.width + x) * 3
      kept.append(contentsOf: pixels[start..<start + width * 3])
    }
    return Raster(width: width, height: height, pixels: kept)
  }

  /// Keeps the middle of the image; an odd margin leaves its extra pixel right and below.
  /// - Parameters:
  ///   - width: Columns to keep, at most the image's own.
  ///   - height: Rows to keep, at most the image's own.
  /// - Returns: A raster of `width` by `height`.
  /// - Note: `Documentation/flux2-klein.md` §9.1, step 2.
  public func centreCropped(width: Int, height: Int) -> Raster {
    cropped(
      x: (self.width - width) / 2, y: (self.height - height) / 2, width: width, height: height)
  }
}
