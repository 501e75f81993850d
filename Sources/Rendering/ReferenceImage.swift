import Flux2
public import Imaging

/// An image that a prompt refers to, scaled down to the maximum size for models, with its original
/// size.
///
/// An image of 25 megapixels takes 75 MB, and models never see more than one megapixel of it. So it
/// is scaled down before its request is queued. Cropping to the model's grid happens later, in the
/// pipeline.
public struct ReferenceImage: Sendable {
  /// Maximum number of pixels that are kept.
  public static let pixelLimit = Raster.areaLimit

  /// The limits on a reference's file.
  public static var fileLimits: ImageLimits {
    var limits = ImageLimits()
    limits.aspect = Raster.aspectLimit
    return limits
  }

  /// The image, upright, with at most `pixelLimit` pixels.
  public let raster: Raster
  /// The original size of the image.
  public let size: PixelSize

  /// The number of frames in the file.
  let frameCount: Int
  /// True if the file has transparent pixels.
  let isTransparent: Bool

  /// Scales an image down to at most `pixelLimit` pixels.
  /// - Parameter image: The decoded image, with its frame count and transparency.
  public init(_ image: DecodedImage) {
    self.init(
      image.raster, frameCount: image.frameCount, isTransparent: image.isTransparent)
  }

  /// Scales an image down to at most `pixelLimit` pixels.
  /// - Parameters:
  ///   - raster: The image, upright.
  ///   - frameCount: The number of frames in the file.
  ///   - isTransparent: True if the file has transparent pixels.
  public init(_ raster: Raster, frameCount: Int = 1, isTransparent: Bool = false) {
    size = PixelSize(width: raster.width, height: raster.height)
    self.raster = raster.withinAreaLimit().read(from: raster.fileDigest)
    self.frameCount = frameCount
    self.isTransparent = isTransparent
  }

  /// Checks an image's aspect, and scales it up if its short side is below the model's minimum.
  /// - Parameters:
  ///   - image: The image, upright.
  ///   - number: Its position among the request's images, from 1, for the error.
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
  /// Returns warnings about frames and transparency that the model does not see.
  /// - Parameter number: Its position among the request's images, from 1.
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
