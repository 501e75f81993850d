package import Tensors

/// The residual blocks of one resolution, and the way to the next.
package struct ImageLevel: Sendable {
  /// The blocks; the first changes the number of channels.
  package let blocks: [ResidualBlock]
  /// Halves or doubles the resolution; the last level has none.
  let resampling: Convolution?

  /// How often `apply` calls its `blockDone`.
  var blockCount: Int { blocks.count * ResidualBlock.blockCount + (resampling == nil ? 0 : 1) }

  /// Replaces `[H, W, C]` by the next level's input.
  package func apply(
    to x: inout Tensor, on device: Device, blockDone: BlockDone = {}
  ) throws {
    for block in blocks { try block.apply(to: &x, on: device, blockDone: blockDone) }
    guard let resampling else { return }
    x = resampling(x, on: device)
    try blockDone()
  }
}

/// The lowest resolution, between encoder levels and moments, and between latents and decoder levels.
package struct MidBlock: Sendable {
  let first: ResidualBlock
  let attention: VAEAttention?
  let second: ResidualBlock

  /// How often `apply` calls its `blockDone`.
  var blockCount: Int { 2 * ResidualBlock.blockCount + (attention == nil ? 0 : 1) }

  /// Transforms `[H, W, C]` in place.
  package func apply(
    to x: inout Tensor, on device: Device, blockDone: BlockDone = {}
  ) throws {
    try first.apply(to: &x, on: device, blockDone: blockDone)
    if let attention {
      attention.apply(to: &x, on: device)
      try blockDone()
    }
    try second.apply(to: &x, on: device, blockDone: blockDone)
  }
}
