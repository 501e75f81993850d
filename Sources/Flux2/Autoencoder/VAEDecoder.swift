package import Tensors

/// From latents to pixels (spec §6).
package struct VAEDecoder: Sendable {
  let latents: Convolution?
  package let input: Convolution
  package let midBlock: MidBlock
  /// Lowest resolution first.
  package let levels: [ImageLevel]
  let outputNorm: GroupNormalisation
  let output: Convolution

  /// How often decoding calls its `blockDone`.
  var blockCount: Int { 2 + midBlock.blockCount + levels.reduce(0) { $0 + $1.blockCount } }

  /// Decodes latents.
  /// - Parameters:
  ///   - latents: `[h, w, latent channels]`.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block; ends the decoding by throwing.
  /// - Returns: `[h · scale, w · scale, 3]`, about −1…1.
  package func callAsFunction(
    _ latents: Tensor, on device: Device, blockDone: BlockDone = {}
  ) throws -> Tensor {
    var x = input(prepared(latents, on: device), on: device)
    try blockDone()
    try midBlock.apply(to: &x, on: device, blockDone: blockDone)
    for level in levels { try level.apply(to: &x, on: device, blockDone: blockDone) }
    let pixels = pixels(&x, on: device)
    try blockDone()
    return pixels
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
