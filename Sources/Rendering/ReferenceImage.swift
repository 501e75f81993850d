public import Imaging

/// What a picture needs to be to serve as a reference.
///
/// Scaling down to a megapixel and cropping to the model's grid come later, in the pipeline.
public enum ReferenceImage {
  /// The model takes no shorter side.
  public static let minimumSide = 64
  /// How many times longer the long side may be.
  public static let largestAspect = 8

  /// Checks a picture's aspect, and scales it up with its aspect if its short side is under 64.
  /// - Parameters:
  ///   - image: The picture, upright.
  ///   - number: Its place among the request's images, from 1, for the error.
  public static func prepared(_ image: Raster, number: Int) throws(RenderError) -> Raster {
    let short = min(image.width, image.height)
    let long = max(image.width, image.height)
    guard long <= largestAspect * short else {
      throw RenderError(
        .invalidImage, field: "image",
        "image \(number) is \(image.width)x\(image.height); one side may be at most "
          + "\(largestAspect) times the other")
    }
    guard short < minimumSide else { return image }
    let scaled = (long * minimumSide + short / 2) / short
    return image.width <= image.height
      ? image.resized(width: minimumSide, height: scaled)
      : image.resized(width: scaled, height: minimumSide)
  }
}
