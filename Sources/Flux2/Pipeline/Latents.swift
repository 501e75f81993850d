public import Imaging
import Tensors

/// The tokens of an image while it is denoised: `[N, C]`, in the normalised latent space.
enum Latents {
  /// Draws noise, the same values that diffusers draws for a seed.
  /// - Parameters:
  ///   - grid: The image's tokens.
  ///   - channels: Features of a token, `C`.
  ///   - seed: The seed; its low 32 bits count.
  /// - Returns: `[N, C]`.
  static func noise(_ grid: TokenGrid, channels: Int, seed: UInt64) -> Tensor {
    // The reference draws [C, rows, columns] and packs afterwards (spec §7.6).
    let planes = Noise.normal(count: channels * grid.count, seed: seed)
    var tokens = Tensor(zeros: [grid.count, channels])
    let count = grid.count
    tokens.elements = (0..<count * channels).map { index in
      planes[index % channels * count + index / channels]
    }
    return tokens
  }

  /// Mixes an image with noise: `sigma · noise + (1 - sigma) · image` (spec §9.6).
  static func mix(_ image: Tensor, noise: Tensor, sigma: Float) -> Tensor {
    precondition(image.shape == noise.shape, "mixing \(image.shape) with \(noise.shape)")
    return Tensor(
      shape: image.shape,
      elements: zip(image.elements, noise.elements).map { sigma * $1 + (1 - sigma) * $0 })
  }

  /// Follows the velocity from one noise level to the next: `x + (sigma' - sigma) · v` (spec §7.4).
  static func step(_ latents: inout Tensor, velocity: Tensor, _ step: Schedule.Step) {
    precondition(latents.shape == velocity.shape, "\(latents.shape) along \(velocity.shape)")
    let distance = step.nextSigma - step.sigma
    latents.elements = zip(latents.elements, velocity.elements).map { $0 + distance * $1 }
  }

  /// Estimates the finished latents by following the velocity to the end: `x - sigma · v`.
  static func estimate(_ latents: Tensor, velocity: Tensor, sigma: Float) -> Tensor {
    precondition(latents.shape == velocity.shape, "\(latents.shape) along \(velocity.shape)")
    return Tensor(
      shape: latents.shape,
      elements: zip(latents.elements, velocity.elements).map { $0 - sigma * $1 })
  }

  /// Applies classifier-free guidance: `unconditional + scale · (conditional - unconditional)` (spec §8).
  /// - Note: Ho & Salimans, arXiv:2207.12598.
  static func guide(_ conditional: Tensor, away unconditional: Tensor, scale: Float) -> Tensor {
    precondition(conditional.shape == unconditional.shape, "velocities of different shapes")
    return Tensor(
      shape: conditional.shape,
      elements: zip(conditional.elements, unconditional.elements).map { $1 + scale * ($0 - $1) })
  }

  /// Applies guidance that moves no token of the finished latents, as far as they can be estimated, by more than a
  /// share of its own length: a change `d` of a token `x` becomes `d / (1 + |d| / (limit · |x|))`.
  ///
  /// High scales then neither oversaturate nor tear a small model's images. Adaptive projected guidance (Sadat
  /// et al., arXiv:2410.02416) bounds the change of a whole image, and projects it.
  static func guide(
    _ conditional: Tensor, away unconditional: Tensor, scale: Float, limit: Float,
    of latents: Tensor, sigma: Float
  ) -> Tensor {
    precondition(conditional.shape == unconditional.shape, "velocities of different shapes")
    let estimate = estimate(latents, velocity: conditional, sigma: sigma).elements
    var guided = conditional.elements
    let changes = zip(guided, unconditional.elements).map { (scale - 1) * ($0 - $1) }
    let channels = conditional.shape[1]
    for start in stride(from: 0, to: guided.count, by: channels) {
      let token = start..<start + channels
      let (room, wanted) = (limit * length(estimate[token]), sigma * length(changes[token]))
      guard room + wanted > 0 else { continue }
      for index in token { guided[index] += room / (room + wanted) * changes[index] }
    }
    return Tensor(shape: conditional.shape, elements: guided)
  }

  private static func length(_ token: ArraySlice<Float>) -> Float {
    token.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}

/// A preview of the image after one of its denoising steps, cheap to draw.
///
/// The velocity of the step just done points from data to noise, so following it to the end gives an
/// estimate of the finished latents. They are averaged over squares before they are decoded: for klein at
/// 1024x1024 that leaves a sixteenth of the pixels to decode, for a 16-fold autoencoder at 768x768 a
/// quarter.
public struct LatentPreview: Sendable {
  /// The longer side of the averaged latents; with klein's eightfold autoencoder, 256 pixels.
  private static let longestSide = 32

  let autoencoder: Autoencoder
  let device: Device
  let geometry: ImageGeometry
  /// The latents after the step, `[N, C]`.
  let latents: Tensor
  /// The velocity of the step, `[N, C]`.
  let velocity: Tensor
  /// The noise level that the latents have now, 0…1.
  let sigma: Float

  /// Decodes the preview, in the requested size of the image.
  /// - Parameter blockDone: Called after each block of the decoder; ends the decoding by throwing.
  /// - Throws: Only what `blockDone` throws.
  public func raster(blockDone: () throws -> Void = {}) throws -> Raster {
    let clean = Latents.estimate(latents, velocity: velocity, sigma: sigma)
    let small = try autoencoder.image(
      from: clean, height: geometry.grid.rows, width: geometry.grid.columns,
      longestSide: Self.longestSide, on: device, blockDone: blockDone)
    return geometry.image(
      from: small.resized(width: geometry.renderedWidth, height: geometry.renderedHeight))
  }
}
