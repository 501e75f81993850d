import Flux2
public import Imaging

/// The mask of an edit, scaled down as its image is.
public struct MaskImage: Sendable {
  /// The mask in grey, upright: white is repainted, black is kept.
  public let raster: Raster
  /// The original size of the mask, which is that of its image.
  public let size: PixelSize

  /// Scales a mask down to at most `ReferenceImage.pixelLimit` pixels.
  /// - Parameter raster: The mask in grey, upright, as ``ImageDecoder`` decodes masks.
  public init(_ raster: Raster) {
    size = PixelSize(width: raster.width, height: raster.height)
    self.raster = raster.withinAreaLimit()
  }
}

extension RenderRequest {
  /// Checks the mask against the first image.
  /// - Returns: The mask within the model's bounds, as the image.
  func plannedMask() throws(RenderError) -> Raster? {
    guard let mask else { return nil }
    guard let size = firstImageSize else {
      throw RenderError(.invalidRequest, of: .mask, "a mask needs an image to edit")
    }
    guard mask.size == size else {
      throw RenderError(
        .invalidRequest, of: .mask,
        "the mask is \(mask.size) and the first image \(size); they must have one size")
    }
    return mask.raster.withinModelBounds()
  }

  /// Warns of a mask that is of one colour.
  var maskWarnings: [RenderWarning] {
    guard let pixels = mask?.raster.pixels else { return [] }
    let repaints = { (value: UInt8) in value >= Raster.repaintedGrey }
    if pixels.allSatisfy(repaints) {
      return [
        RenderWarning(
          .maskUniform, "the mask repaints everything: all of it is white, or transparent")
      ]
    }
    guard !pixels.contains(where: repaints) else { return [] }
    return [
      RenderWarning(
        .maskUniform,
        "the mask repaints nothing: it is neither white nor transparent anywhere")
    ]
  }
}
