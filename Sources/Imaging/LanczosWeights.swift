#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The taps of a one-dimensional Lanczos-3 resampling, in the fixed point Pillow uses.
///
/// Output `o` reads `counts[o]` inputs from `starts[o]` on, with the weights that begin at
/// `o · stride`. Every operation is in Pillow's order, since a different rounding of one weight
/// changes pixels (`Documentation/flux2-klein.md` §9.2).
struct LanczosWeights {
  /// Fraction bits of a weight: 32 less 8 for the sample and 2 for sums that overshoot.
  static let fractionBits: Int32 = 22
  /// Reach of the filter at scale 1, in input samples.
  private static let radius = 3.0

  let starts: [Int]
  let counts: [Int]
  let stride: Int
  let weights: [Int32]

  /// Computes the taps that turn `inputCount` samples into `outputCount`.
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

  /// `trunc(w · 2²² ± ½)`: half away from zero.
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
