package import Tensors

/// The residual blocks of one resolution, and the way to the next.
package struct ImageLevel: Sendable {
  /// The blocks; the first changes the number of channels.
  package let blocks: [ResidualBlock]
  /// Halves or doubles the resolution; the last level has none.
  let resampling: Convolution?

  /// Replaces `[H, W, C]` by the next level's input.
  package func apply(to x: inout Tensor, on device: Device) {
    for block in blocks { block.apply(to: &x, on: device) }
    if let resampling { x = resampling(x, on: device) }
  }
}

/// The lowest resolution, between encoder levels and moments, and between latents and decoder levels.
package struct ImageBottom: Sendable {
  let first: ResidualBlock
  let attention: ImageAttention?
  let second: ResidualBlock

  /// Transforms `[H, W, C]` in place.
  package func apply(to x: inout Tensor, on device: Device) {
    first.apply(to: &x, on: device)
    attention?.apply(to: &x, on: device)
    second.apply(to: &x, on: device)
  }
}
