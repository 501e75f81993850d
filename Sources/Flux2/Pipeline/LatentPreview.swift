public import Imaging
internal import Tensors

/// What an image looks like in the middle of its denoising, cheap to draw.
///
/// The velocity of the step just done points from data to noise, so following it to the end gives an
/// estimate of the finished latents. They are averaged over squares before they are decoded: for klein at
/// 1024x1024 that leaves a sixteenth of the pixels to decode, for a 16-fold autoencoder at 768x768 a
/// quarter.
public struct LatentPreview: Sendable {
  /// The longer side of the averaged latents; with klein's eightfold autoencoder, 256 pixels.
  private static let longestSide = 32

  let pipeline: Pipeline
  let geometry: ImageGeometry
  /// Latents after the step, the velocity of the step, and the noise level they have now.
  let latents: Tensor
  let velocity: Tensor
  let sigma: Float

  /// Draws the sketch in the size of the image asked for.
  /// - Parameter blockDone: Called after each block of the decoder; ends the drawing by throwing.
  public func raster(blockDone: () throws -> Void = {}) throws -> Raster {
    let clean = Latents.estimate(latents, velocity: velocity, sigma: sigma)
    let pixels = try pipeline.model.autoencoder.decodeSmall(
      clean, height: geometry.grid.rows, width: geometry.grid.columns,
      longestSide: Self.longestSide,
      on: pipeline.device, blockDone: blockDone)
    return geometry.image(
      from: Raster(pixels).resized(width: geometry.renderedWidth, height: geometry.renderedHeight))
  }
}
