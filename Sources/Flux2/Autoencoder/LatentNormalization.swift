import Tensors

/// Packs latents into tokens and normalises them (spec §6.1).
///
/// The transformer works on tokens: 2x2 patches of latents, each channel of which is normalised by
/// statistics stored with the autoencoder.
struct LatentNormalization: Sendable {
  /// Pixels of a patch, in each direction.
  private static let patch = 2

  /// `[4 · latent channels]`.
  let means: [Float]
  /// `√(variance + ε)`, `[4 · latent channels]`.
  let deviations: [Float]

  /// Takes the running statistics of a batch normalisation.
  init(means: Tensor, variances: Tensor, epsilon: Float) {
    self.means = means.elements
    deviations = variances.elements.map { ($0 + epsilon).squareRoot() }
  }

  /// Packs and normalises latents.
  /// - Parameter latents: `[2h, 2w, C]`.
  /// - Returns: `[h·w, 4C]`, row-major over patches.
  func tokens(from latents: Tensor) -> Tensor {
    let (height, width) = (latents.shape[0] / Self.patch, latents.shape[1] / Self.patch)
    var tokens = [Float](repeating: 0, count: latents.elements.count)
    forEachElement(height: height, width: width) { token, latent, channel in
      tokens[token] = (latents.elements[latent] - means[channel]) / deviations[channel]
    }
    return Tensor(shape: [height * width, means.count], elements: tokens)
  }

  /// Reverses `tokens(from:)`.
  /// - Parameters:
  ///   - tokens: `[h·w, 4C]`.
  ///   - height: Patches in a column, `h`.
  ///   - width: Patches in a row, `w`.
  /// - Returns: `[2h, 2w, C]`.
  func latents(from tokens: Tensor, height: Int, width: Int) -> Tensor {
    var latents = [Float](repeating: 0, count: tokens.elements.count)
    forEachElement(height: height, width: width) { token, latent, channel in
      latents[latent] = tokens.elements[token] * deviations[channel] + means[channel]
    }
    return Tensor(
      shape: [height * Self.patch, width * Self.patch, means.count / (Self.patch * Self.patch)],
      elements: latents)
  }

  /// Visits all elements: `body(index in the tokens, index in the latents, packed channel)`.
  ///
  /// The packed channel of latent channel `c` at `(dy, dx)` in its patch is `4c + 2dy + dx`.
  private func forEachElement(height: Int, width: Int, _ body: (Int, Int, Int) -> Void) {
    let channels = means.count / (Self.patch * Self.patch)
    var token = 0
    for row in 0..<height {
      for column in 0..<width {
        for channel in means.indices {
          let (dy, dx) = (channel % 4 / 2, channel % 2)
          let pixel = (Self.patch * row + dy) * width * Self.patch + Self.patch * column + dx
          body(token, pixel * channels + channel / 4, channel)
          token += 1
        }
      }
    }
  }
}
