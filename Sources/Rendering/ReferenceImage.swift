internal import Flux2
public import Imaging

/// An image that a prompt refers to: as large as models look at it, and the size that it had.
///
/// An image of 25 megapixels takes 75 MB, and of more than one of them no model sees anything. So it is
/// scaled down at once, before it waits. Cropping to the model's grid comes later, in the pipeline.
public struct ReferenceImage: Sendable {
  /// Pixels that are kept of an image.
  public static let pixelLimit = Raster.areaLimit

  /// The limits of a reference's file.
  public static var fileLimits: ImageLimits {
    var limits = ImageLimits()
    limits.aspect = Raster.aspectLimit
    return limits
  }

  /// The image, upright, of at most `pixelLimit` pixels.
  public let raster: Raster
  /// The size that it had before.
  public let size: PixelSize

  /// Frames of the file that it came in.
  let frameCount: Int
  /// True if the file is transparent in places.
  let isTransparent: Bool

  /// Scales an image down if it is larger than models look at.
  /// - Parameter image: The image, with what of its file it does not show.
  public init(_ image: DecodedImage) {
    self.init(
      image.raster, frameCount: image.frameCount, isTransparent: image.isTransparent)
  }

  /// Scales an image down if it is larger than models look at.
  /// - Parameters:
  ///   - raster: The image, upright.
  ///   - frameCount: Frames of the file that it came in.
  ///   - isTransparent: True if the file is transparent in places.
  public init(_ raster: Raster, frameCount: Int = 1, isTransparent: Bool = false) {
    size = PixelSize(width: raster.width, height: raster.height)
    self.raster = raster.withinAreaLimit().read(from: raster.fileDigest)
    self.frameCount = frameCount
    self.isTransparent = isTransparent
  }

  /// Checks an image's aspect, and scales it up if its short side is too short for the model.
  /// - Parameters:
  ///   - image: The image, upright.
  ///   - number: Its place among the request's images, from 1, for the error.
  static func prepared(_ image: Raster, number: Int) throws(RenderError) -> Raster {
    let limit = Raster.aspectLimit
    guard max(image.width, image.height) <= limit * min(image.width, image.height) else {
      throw RenderError(
        .invalidImage, of: .image,
        "image \(number) is \(image.width)x\(image.height); one side may be at most "
          + "\(limit) times the other")
    }
    return image.withinModelBounds().read(from: image.fileDigest)
  }
}

extension ReferenceImage {
  /// Warns of frames and transparency that the model does not see.
  /// - Parameter number: Its place among the request's images, from 1.
  func warnings(number: Int) -> [RenderWarning] {
    var warnings: [RenderWarning] = []
    if frameCount > 1 {
      warnings.append(
        RenderWarning(
          .framesIgnored, "image \(number) has \(frameCount) frames, of which the first is used"))
    }
    if isTransparent {
      warnings.append(
        RenderWarning(
          .transparencyFlattened,
          "image \(number) is transparent in places, which are taken for white; they are no mask"))
    }
    return warnings
  }
}
