package import Tensors

/// Encodes pixels to the mean of the latent distribution (spec §6).
package struct VAEEncoder: Sendable {
  package let convIn: Conv2d
  /// Full resolution first.
  package let downBlocks: [DownBlock]
  package let midBlock: MidBlock
  let convNormOut: GroupNorm
  let convOut: Conv2d
  /// 1x1; absent in some checkpoints.
  ///
  /// Of the last convolution, this one or `convOut`, only the rows that give the mean are kept: images are
  /// never sampled from the distribution (spec §6.1).
  let quantConv: Conv2d?

  /// The number of times that encoding calls its `blockDone`.
  var blockCount: Int { 2 + midBlock.blockCount + downBlocks.reduce(0) { $0 + $1.blockCount } }

  /// Encodes an image.
  /// - Parameters:
  ///   - pixels: `[H, W, 3]`, −1…1; both sides multiples of `pixelsPerLatent`.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block; ends the encoding by throwing.
  /// - Returns: `[H / pixelsPerLatent, W / pixelsPerLatent, latent channels]`.
  package func callAsFunction(
    _ pixels: Tensor, on device: Device, blockDone: BlockDone = {}
  ) throws -> Tensor {
    var x = convIn(FeatureMap(pixels), on: device)
    try blockDone()
    for block in downBlocks { try block.apply(to: &x, on: device, blockDone: blockDone) }
    try midBlock.apply(to: &x, on: device, blockDone: blockDone)
    let mean = mean(x, on: device)
    try blockDone()
    return mean
  }

  /// Applies the last normalisation and convolutions.
  package func mean(_ x: FeatureMap, on device: Device) -> Tensor {
    let mean = convOut(x, after: convNormOut, on: device)
    return (quantConv?(mean, on: device) ?? mean).pixels
  }
}

/// The residual blocks of one resolution of the encoder, then the halving of the resolution: diffusers'
/// `DownEncoderBlock2D`.
package struct DownBlock: Sendable {
  /// The first changes the number of channels.
  package let resnets: [ResidualBlock]
  /// Absent in the last block.
  let downsampler: Conv2d?

  /// The number of times that `apply` calls its `blockDone`.
  var blockCount: Int { resnets.count * ResidualBlock.blockCount + (downsampler == nil ? 0 : 1) }

  /// Replaces `[H, W, C]` by the next block's input, `[H/2, W/2, D]`; the last block keeps `[H, W]`.
  /// - Throws: Only what `blockDone` throws.
  package func apply(
    to x: inout FeatureMap, on device: Device, blockDone: BlockDone = {}
  ) throws {
    var hidden = FeatureMap.empty
    for resnet in resnets {
      try resnet.apply(to: &x, hidden: &hidden, on: device, blockDone: blockDone)
    }
    hidden = .empty
    guard let downsampler else { return }
    x = downsampler(x, on: device)
    try blockDone()
  }
}
