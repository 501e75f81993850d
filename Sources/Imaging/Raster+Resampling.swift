import Glibc

extension Raster {
  /// Resamples to exactly `width` by `height` with Pillow's Lanczos filter, bit-exactly.
  ///
  /// One pass along rows and one along columns, rounded to 8 bits in between; a pass that keeps its
  /// size is skipped. The order affects the rounding, so it is Pillow's: rows first, unless the
  /// height shrinks by more than twice as many pixels as the width (since Pillow 13; earlier
  /// versions always start with rows).
  /// - Parameters:
  ///   - width: The new number of columns, at least 1.
  ///   - height: The new number of rows, at least 1.
  /// - Returns: A raster of `width` by `height`.
  /// - Note: `Documentation/flux2-klein.md` §9.2.
  public func resized(width: Int, height: Int) -> Raster {
    precondition(width > 0 && height > 0, "A raster cannot be \(width)x\(height)")
    let lostRows = self.height - height
    if lostRows > 0, lostRows > 2 * (self.width - width) {
      return withHeight(height).withWidth(width)
    }
    return withWidth(width).withHeight(height)
  }

  private func withWidth(_ newWidth: Int) -> Raster {
    newWidth == width ? self : withRowsResampled(to: newWidth)
  }

  private func withHeight(_ newHeight: Int) -> Raster {
    newHeight == height ? self : withColumnsResampled(to: newHeight)
  }

  private func withRowsResampled(to newWidth: Int) -> Raster {
    let taps = LanczosWeights(inputCount: width, outputCount: newWidth)
    let count = newWidth * height * 3
    let resampled = unsafe [UInt8](unsafeUninitializedCapacity: count) { output, written in
      unsafe pixels.withUnsafeBufferPointer { input in
        unsafe taps.weights.withUnsafeBufferPointer { weights in
          for row in 0..<height {
            unsafe Self.resampleRow(
              UnsafeBufferPointer(rebasing: input[row * width * 3..<(row + 1) * width * 3]),
              into: UnsafeMutableBufferPointer(
                rebasing: output[row * newWidth * 3..<(row + 1) * newWidth * 3]),
              taps: taps, weights: weights)
          }
        }
      }
      written = count
    }
    return Raster(width: newWidth, height: height, pixels: resampled)
  }

  /// Computes one output row with three running sums per pixel.
  ///
  /// The sums fit into 32 bits, because the magnitudes of the weights add up to less than 2 (`255 ·
  /// 2²² · 2 < 2³¹`); the wrapping operators never wrap.
  private static func resampleRow(
    _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>,
    taps: LanczosWeights, weights: UnsafeBufferPointer<Int32>
  ) {
    for column in taps.starts.indices {
      var red = roundingHalf
      var green = roundingHalf
      var blue = roundingHalf
      var sample = taps.starts[column] * 3
      let first = column * taps.stride
      for tap in first..<first + taps.counts[column] {
        let weight = unsafe weights[tap]
        unsafe red &+= Int32(input[sample]) &* weight
        unsafe green &+= Int32(input[sample &+ 1]) &* weight
        unsafe blue &+= Int32(input[sample &+ 2]) &* weight
        sample &+= 3
      }
      unsafe output[column * 3] = clipped(red)
      unsafe output[column * 3 + 1] = clipped(green)
      unsafe output[column * 3 + 2] = clipped(blue)
    }
  }

  private func withColumnsResampled(to newHeight: Int) -> Raster {
    let taps = LanczosWeights(inputCount: height, outputCount: newHeight)
    let rowCount = width * 3
    let count = newHeight * rowCount
    let resampled = unsafe [UInt8](unsafeUninitializedCapacity: count) { output, written in
      var sums = [Int32](repeating: 0, count: rowCount)
      unsafe pixels.withUnsafeBufferPointer { input in
        unsafe sums.withUnsafeMutableBufferPointer { sums in
          for row in 0..<newHeight {
            unsafe sums.update(repeating: Self.roundingHalf)
            for tap in 0..<taps.counts[row] {
              let start = (taps.starts[row] + tap) * rowCount
              unsafe Self.accumulate(
                UnsafeBufferPointer(rebasing: input[start..<start + rowCount]),
                weight: taps.weights[row * taps.stride + tap], into: sums)
            }
            for index in 0..<rowCount {
              unsafe output[row &* rowCount &+ index] = Self.clipped(sums[index])
            }
          }
        }
      }
      written = count
    }
    return Raster(width: width, height: newHeight, pixels: resampled)
  }

  private static func accumulate(
    _ row: UnsafeBufferPointer<UInt8>, weight: Int32, into sums: UnsafeMutableBufferPointer<Int32>
  ) {
    for index in 0..<row.count {
      unsafe sums[index] &+= Int32(row[index]) &* weight
    }
  }

  private static var roundingHalf: Int32 { 1 << (LanczosWeights.fractionBits - 1) }

  private static func clipped(_ sum: Int32) -> UInt8 {
    UInt8(clamping: sum >> LanczosWeights.fractionBits)
  }
}

/// The taps of a one-dimensional Lanczos-3 filter, in Pillow's fixed-point format.
///
/// Output `o` reads `counts[o]` inputs from `starts[o]` on, with the weights from `o · stride` on.
/// Operations are in Pillow's order, because one weight rounded differently changes pixels
/// (`Documentation/flux2-klein.md` §9.2).
struct LanczosWeights {
  /// Fraction bits of a weight: 32, minus 8 for the sample and 2 for sums that overshoot.
  static let fractionBits: Int32 = 22
  /// Radius of the filter at scale 1, in input samples.
  private static let radius = 3.0

  let starts: [Int]
  let counts: [Int]
  let stride: Int
  let weights: [Int32]

  /// Computes the taps for resampling `inputCount` samples to `outputCount`.
  init(inputCount: Int, outputCount: Int) {
    let scale = Double(inputCount) / Double(outputCount)
    let filterScale = max(scale, 1)
    let support = Self.radius * filterScale
    let stride = Int(support.rounded(.up)) * 2 + 1
    var starts: [Int] = []
    var counts: [Int] = []
    var weights = [Int32](repeating: 0, count: outputCount * stride)
    for output in 0..<outputCount {
      let centre = (Double(output) + 0.5) * scale
      let start = max(0, Int(centre - support + 0.5))
      let end = min(inputCount, Int(centre + support + 0.5))
      let taps = Self.normalisedTaps(start..<end, centre: centre, inverseScale: 1 / filterScale)
      for (tap, weight) in taps.enumerated() {
        weights[output * stride + tap] = Self.fixedPoint(weight)
      }
      starts.append(start)
      counts.append(end - start)
    }
    self.starts = starts
    self.counts = counts
    self.stride = stride
    self.weights = weights
  }

  private static func normalisedTaps(
    _ inputs: Range<Int>, centre: Double, inverseScale: Double
  ) -> [Double] {
    let taps = inputs.map { lanczos3((Double($0) - centre + 0.5) * inverseScale) }
    let total = taps.reduce(0, +)
    return total == 0 ? taps : taps.map { $0 / total }
  }

  /// Returns `trunc(w · 2²² ± ½)`: rounds half away from zero.
  private static func fixedPoint(_ weight: Double) -> Int32 {
    let scaled = weight * Double(1 << fractionBits)
    return Int32(weight < 0 ? scaled - 0.5 : scaled + 0.5)
  }

  private static func lanczos3(_ position: Double) -> Double {
    guard position >= -radius, position < radius else { return 0 }
    return sinc(position) * sinc(position / radius)
  }

  private static func sinc(_ position: Double) -> Double {
    guard position != 0 else { return 1 }
    let angle = position * Double.pi
    return sin(angle) / angle
  }
}
