/// The sizes that pictures are rendered at.
public enum SizeRule {
  /// Sides are multiples of this; what the model needs beyond it, the pipeline crops away.
  public static let multiple = 16
  /// No picture has a shorter side.
  public static let minimumSide = 64
  /// Rendered when neither the request nor a reference image says otherwise.
  public static let defaultSize = PixelSize(width: 768, height: 768)
  /// The longest side of an edit whose size comes from its first image.
  public static let longestEditSide = 704

  /// Rounds both sides down to a multiple of 16, but not below 64.
  public static func snapped(_ size: PixelSize) -> PixelSize {
    PixelSize(width: snapped(size.width), height: snapped(size.height))
  }

  /// The size of an edit that does not ask for one.
  /// - Parameter source: The first image's size, upright.
  /// - Returns: That size, scaled down (never up) with its aspect until both sides are at most 704, then
  ///   snapped.
  public static func editSize(of source: PixelSize) -> PixelSize {
    let longest = max(source.width, source.height)
    guard longest > longestEditSide else { return snapped(source) }
    return snapped(
      PixelSize(
        width: source.width * longestEditSide / longest,
        height: source.height * longestEditSide / longest))
  }

  private static func snapped(_ side: Int) -> Int {
    max(side - side % multiple, minimumSide)
  }
}
