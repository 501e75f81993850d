package import Tensors

/// From pixels to the mean of the latent distribution (spec §6).
package struct VAEEncoder: Sendable {
  package let input: Convolution
  /// Full resolution first.
  package let levels: [ImageLevel]
  package let midBlock: MidBlock
  let outputNorm: GroupNormalisation
  let output: Convolution
  /// 1x1; absent in some checkpoints.
  ///
  /// Of the last convolution, this one or `output`, only the rows that give the mean are kept: images are
  /// never sampled from the distribution (spec §6.1).
  let moments: Convolution?

  /// How often encoding calls its `blockDone`.
  var blockCount: Int { 2 + midBlock.blockCount + levels.reduce(0) { $0 + $1.blockCount } }

  /// Encodes an image.
  /// - Parameters:
  ///   - pixels: `[H, W, 3]`, −1…1; both sides multiples of the latent scale.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block; ends the encoding by throwing.
  /// - Returns: `[H / scale, W / scale, latent channels]`.
  package func callAsFunction(
    _ pixels: Tensor, on device: Device, blockDone: BlockDone = {}
  ) throws -> Tensor {
    var x = input(pixels, on: device)
    try blockDone()
    for level in levels { try level.apply(to: &x, on: device, blockDone: blockDone) }
    try midBlock.apply(to: &x, on: device, blockDone: blockDone)
    let mean = mean(x, on: device)
    try blockDone()
    return mean
  }

  /// The last normalisation and convolutions.
  package func mean(_ x: Tensor, on device: Device) -> Tensor {
    let mean = output(outputNorm(x, on: device), on: device)
    return moments?(mean, on: device) ?? mean
  }
}
