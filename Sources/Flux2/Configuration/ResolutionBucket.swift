/// A size in pixels that a model draws well.
///
/// Models trained at many sizes need none. A small one that has seen a few is asked for the best of them,
/// and the image is cropped and scaled to what was wanted, as with the aspect buckets of SDXL (Podell et
/// al., arXiv:2307.01952, §2.3).
public struct ResolutionBucket: Sendable, Equatable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int

  /// Names a size.
  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// Sizes that keep this share of what the best one keeps are as good.
  private static let tolerance = 0.95

  /// The size to render at: of those that lose least to cropping, the smallest that need not be enlarged,
  /// or else the largest.
  package static func best(of sizes: [ResolutionBucket], width: Int, height: Int)
    -> ResolutionBucket?
  {
    let fitting = fitting(sizes, width: width, height: height)
    let large = fitting.filter { $0.scale(covering: width, height) <= 1 }
    return large.min { $0.area < $1.area } ?? fitting.max { $0.area < $1.area }
  }

  /// The size to look at an image in: of those that lose least to cropping, the one that has nearest to
  /// `area` pixels.
  package static func best(
    of sizes: [ResolutionBucket], width: Int, height: Int, near area: Int
  ) -> ResolutionBucket? {
    fitting(sizes, width: width, height: height).min {
      abs($0.area - area) < abs($1.area - area)
    }
  }

  private static func fitting(_ sizes: [ResolutionBucket], width: Int, height: Int)
    -> [ResolutionBucket]
  {
    let shares = sizes.map { $0.share(left: width, height) }
    let most = shares.max() ?? 0
    return zip(sizes, shares).filter { $0.1 >= tolerance * most }.map { $0.0 }
  }

  /// Pixels in all.
  var area: Int { width * height }

  /// How much larger than this size an image is that must be covered.
  func scale(covering newWidth: Int, _ newHeight: Int) -> Double {
    max(Double(newWidth) / Double(width), Double(newHeight) / Double(height))
  }

  /// The share of the pixels that are left when this size is scaled to cover another and cropped to it.
  private func share(left newWidth: Int, _ newHeight: Int) -> Double {
    let scale = scale(covering: newWidth, newHeight)
    return Double(newWidth) * Double(newHeight) / (scale * scale * Double(area))
  }
}
