internal import Flux2
internal import Imaging

/// What a picture needs to be to serve as a reference.
///
/// Scaling down to a megapixel and cropping to the model's grid come later, in the pipeline.
enum ReferenceImage {
  /// Checks a picture's aspect, and scales it up if its short side is too short for the model.
  /// - Parameters:
  ///   - image: The picture, upright.
  ///   - number: Its place among the request's images, from 1, for the error.
  static func prepared(_ image: Raster, number: Int) throws(RenderError) -> Raster {
    let limit = Raster.aspectLimit
    guard max(image.width, image.height) <= limit * min(image.width, image.height) else {
      throw RenderError(
        .invalidImage, field: "image",
        "image \(number) is \(image.width)x\(image.height); one side may be at most "
          + "\(limit) times the other")
    }
    return image.enlarged()
  }
}
