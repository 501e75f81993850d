internal import Tensors

/// The tokens of an image while it is denoised: `[N, C]`, in the normalised latent space.
enum Latents {
  /// Pure noise, the same values that diffusers draws for a seed.
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

  /// An image with noise over it: `sigma · noise + (1 - sigma) · image` (spec §9.6).
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

  /// The finished latents, were the velocity to stay as it is: `x - sigma · v`.
  static func estimate(_ latents: Tensor, velocity: Tensor, sigma: Float) -> Tensor {
    precondition(latents.shape == velocity.shape, "\(latents.shape) along \(velocity.shape)")
    return Tensor(
      shape: latents.shape,
      elements: zip(latents.elements, velocity.elements).map { $0 - sigma * $1 })
  }

  /// Classifier-free guidance: away from what an empty prompt gives (spec §8).
  /// - Note: Ho & Salimans, arXiv:2207.12598.
  static func guide(_ conditional: Tensor, away unconditional: Tensor, scale: Float) -> Tensor {
    precondition(conditional.shape == unconditional.shape, "velocities of different shapes")
    return Tensor(
      shape: conditional.shape,
      elements: zip(conditional.elements, unconditional.elements).map { $1 + scale * ($0 - $1) })
  }
}
