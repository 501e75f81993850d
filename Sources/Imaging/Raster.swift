public import Hashing

/// An image in memory: 8-bit RGB, opaque, upright.
public struct Raster: Sendable {
  /// Columns, at least 1.
  public let width: Int
  /// Rows, at least 1.
  public let height: Int
  /// Red, green and blue of each pixel, row by row from the top: `width · height · 3` values.
  public let pixels: [UInt8]
  /// The hash of the file that the image was decoded from; nil for a computed image.
  ///
  /// Images of the same size and file are equal, so a cache can compare them without the pixels.
  public private(set) var fileDigest: SHA256Digest?

  /// Creates an image from pixels.
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

  /// Returns the same image, known to be read from a file and at most scaled since.
  public func read(from fileDigest: SHA256Digest?) -> Raster {
    var image = self
    image.fileDigest = fileDigest
    return image
  }
}

extension Raster: Equatable {
  /// True if both have the same size and pixels, whatever they were read from.
  public static func == (first: Raster, second: Raster) -> Bool {
    first.width == second.width && first.height == second.height && first.pixels == second.pixels
  }
}

extension Raster {
  /// Returns a rectangle of the image; it must lie inside.
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

  /// Returns the centre of the image; an odd margin leaves its extra pixel on the right or bottom.
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

extension Raster {
  /// Creates a white canvas with a frame on it.
  /// - Parameters:
  ///   - frame: The frame; must lie inside the canvas.
  ///   - x: The frame's first column.
  ///   - y: The frame's first row.
  ///   - width: The columns of the canvas.
  ///   - height: The rows of the canvas.
  init(placing frame: Raster, x: Int, y: Int, onWhiteWidth width: Int, height: Int) {
    precondition(
      x >= 0 && y >= 0 && frame.width <= width - x && frame.height <= height - y,
      "\(frame.width)x\(frame.height) at (\(x), \(y)) is not inside \(width)x\(height)")
    guard frame.width < width || frame.height < height else {
      self = frame
      return
    }
    var pixels = [UInt8](repeating: 255, count: width * height * 3)
    let rowCount = frame.width * 3
    for row in 0..<frame.height {
      let target = ((y + row) * width + x) * 3
      pixels.replaceSubrange(
        target..<target + rowCount, with: frame.pixels[row * rowCount..<(row + 1) * rowCount])
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}

extension Raster {
  /// Composites straight (not premultiplied) RGBA on white.
  ///
  /// `round((c·a + 255·(255 - a)) / 255)`, exactly: adding 128 and then the high byte divides any
  /// 16-bit sum by 255, rounded to nearest.
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

extension Raster {
  /// Converts CMYK as stored in JPEG files: 255 means no ink.
  ///
  /// Adobe's convention, which common encoders and decoders follow with or without Adobe's marker.
  /// `k - round((255 - c)·k / 255)` per channel, without a colour profile, as in Pillow.
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
