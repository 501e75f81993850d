package import Tensors

/// Two convolutions beside a shortcut (spec §6):
/// `h = conv1(silu(norm1(x))); h = conv2(silu(norm2(h))); x = shortcut(x) + h`.
package struct ResidualBlock: Sendable {
  /// How often `apply` calls its `blockDone`: after each convolution, the greater part of an image's time.
  static let blockCount = 2

  let firstNorm: GroupNormalisation
  let firstConvolution: Convolution
  let secondNorm: GroupNormalisation
  let secondConvolution: Convolution
  /// 1x1; present only where the number of channels changes.
  let shortcut: Convolution?

  /// Replaces `[H, W, C]` by `[H, W, D]`.
  ///
  /// In place, so that no caller keeps the input alive: at full resolution each image of this size takes
  /// hundreds of megabytes.
  package func apply(
    to x: inout Tensor, on device: Device, blockDone: BlockDone = {}
  ) throws {
    var h = firstConvolution(firstNorm(x, on: device), on: device)
    try blockDone()
    h = secondConvolution(secondNorm(h, on: device), on: device)
    if let shortcut { x = shortcut(x, on: device) }
    device.add(h, to: &x)
    try blockDone()
  }
}
