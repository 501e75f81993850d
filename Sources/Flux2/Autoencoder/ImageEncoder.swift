package import Tensors

/// From pixels to the mean of the latent distribution (spec §6).
package struct ImageEncoder: Sendable {
  package let input: Convolution
  /// Full resolution first.
  package let levels: [ImageLevel]
  package let bottom: ImageBottom
  let outputNorm: GroupNormalisation
  let output: Convolution
  /// 1x1; absent in some checkpoints.
  ///
  /// Of the last convolution, this one or `output`, only the rows that give the mean are kept: images are
  /// never sampled from the distribution (spec §6.1).
  let moments: Convolution?

  /// Encodes an image.
  /// - Parameter pixels: `[H, W, 3]`, −1…1; both sides multiples of the latent scale.
  /// - Returns: `[H / scale, W / scale, latent channels]`.
  package func callAsFunction(_ pixels: Tensor, on device: Device) -> Tensor {
    var x = input(pixels, on: device)
    for level in levels { level.apply(to: &x, on: device) }
    bottom.apply(to: &x, on: device)
    return mean(x, on: device)
  }

  /// The last normalisation and convolutions.
  package func mean(_ x: Tensor, on device: Device) -> Tensor {
    let mean = output(outputNorm(x, on: device), on: device)
    return moments?(mean, on: device) ?? mean
  }
}
