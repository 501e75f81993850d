package import Tensors

/// From latents to pixels (spec §6).
package struct ImageDecoder: Sendable {
  let latents: Convolution?
  package let input: Convolution
  package let bottom: ImageBottom
  /// Lowest resolution first.
  package let levels: [ImageLevel]
  let outputNorm: GroupNormalisation
  let output: Convolution

  /// Decodes latents.
  /// - Parameter latents: `[h, w, latent channels]`.
  /// - Returns: `[h · scale, w · scale, 3]`, about −1…1.
  package func callAsFunction(_ latents: Tensor, on device: Device) -> Tensor {
    var x = input(prepared(latents, on: device), on: device)
    bottom.apply(to: &x, on: device)
    for level in levels { level.apply(to: &x, on: device) }
    return pixels(&x, on: device)
  }

  /// The convolution that some checkpoints put before the decoder.
  package func prepared(_ x: Tensor, on device: Device) -> Tensor {
    latents?(x, on: device) ?? x
  }

  /// The last normalisation and convolution.
  package func pixels(_ x: inout Tensor, on device: Device) -> Tensor {
    x = outputNorm(x, on: device)
    return output(x, on: device)
  }
}
