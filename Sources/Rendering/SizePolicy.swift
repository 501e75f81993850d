internal import Flux2

/// The sizes that images are rendered at.
public enum SizePolicy {
  /// Sides are multiples of this; what the model needs beyond it, the pipeline crops away.
  public static let multiple = 16
  /// No image has a shorter side.
  public static let minimumSide = 64
  /// Pixels of a side, from the shortest to the longest that the pipeline renders.
  public static let sides = minimumSide...PipelineRequest.sides.upperBound
  /// Rendered when neither the request nor a reference image says otherwise.
  public static let defaultSize = PixelSize(width: 768, height: 768)
  /// The longest side of an edit whose size comes from its first image.
  public static let longestEditSide = 704

  /// Rounds both sides down to a multiple of 16, but not below 64.
  public static func snapped(_ size: PixelSize) -> PixelSize {
    PixelSize(width: snapped(size.width), height: snapped(size.height))
  }

  /// The size of an edit that does not ask for one.
  /// - Parameters:
  ///   - source: The first image's size, upright.
  ///   - side: The longest side that it may have.
  /// - Returns: That size, scaled down (never up) with its aspect until both sides are at most that, then
  ///   snapped.
  public static func editSize(
    of source: PixelSize, longestSide side: Int = longestEditSide
  ) -> PixelSize {
    snapped(scaledDown(source, toSide: side))
  }

  /// A size, scaled down (never up) with its aspect until both sides are at most so long.
  public static func scaledDown(_ size: PixelSize, toSide side: Int) -> PixelSize {
    let longest = max(size.width, size.height)
    guard longest > side else { return size }
    return PixelSize(width: size.width * side / longest, height: size.height * side / longest)
  }

  private static func snapped(_ side: Int) -> Int {
    max(side - side % multiple, minimumSide)
  }
}
