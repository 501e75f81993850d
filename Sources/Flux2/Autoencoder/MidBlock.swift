package import Tensors

/// The blocks at the lowest resolution: the encoder's last and the decoder's first, with attention between
/// two residual blocks (spec §6).
package struct MidBlock: Sendable {
  let firstResnet: ResidualBlock
  /// Absent in some checkpoints.
  let attention: VAEAttention?
  let secondResnet: ResidualBlock

  /// The number of times that `apply` calls its `blockDone`.
  var blockCount: Int { 2 * ResidualBlock.blockCount + (attention == nil ? 0 : 1) }

  /// Transforms `[H, W, C]` in place.
  /// - Throws: Only what `blockDone` throws.
  package func apply(
    to x: inout FeatureMap, on device: Device, blockDone: BlockDone = {}
  ) throws {
    var hidden = FeatureMap.empty
    try firstResnet.apply(to: &x, hidden: &hidden, on: device, blockDone: blockDone)
    if let attention {
      attention.apply(to: &x, on: device)
      try blockDone()
    }
    try secondResnet.apply(to: &x, hidden: &hidden, on: device, blockDone: blockDone)
  }
}

/// Two convolutions beside a shortcut (spec §6):
/// `h = conv1(silu(norm1(x))); h = conv2(silu(norm2(h))); x = shortcut(x) + h`.
package struct ResidualBlock: Sendable {
  /// The number of times that `apply` calls its `blockDone`: after each convolution, which take the greater
  /// part of an image's time.
  static let blockCount = 2

  let norm1: GroupNorm
  let conv1: Conv2d
  let norm2: GroupNorm
  let conv2: Conv2d
  /// 1x1; present only where the number of channels changes.
  let shortcut: Conv2d?

  /// Replaces `[H, W, C]` by `[H, W, D]`.
  ///
  /// In place, so that no caller keeps the input alive: at full resolution each image of this size takes
  /// hundreds of megabytes.
  /// - Parameters:
  ///   - x: The image.
  ///   - hidden: Receives `h`; blocks that follow each other share its memory.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each convolution.
  /// - Throws: Only what `blockDone` throws.
  package func apply(
    to x: inout FeatureMap, hidden: inout FeatureMap, on device: Device,
    blockDone: BlockDone = {}
  ) throws {
    conv1.write(x, after: norm1, into: &hidden, on: device)
    try blockDone()
    shortcut?.apply(to: &x, on: device)
    conv2.add(hidden, after: norm2, to: &x, on: device)
    try blockDone()
  }
}

/// Self-attention between all pixels of the lowest resolution, with one head of all channels (spec §6).
struct VAEAttention: Sendable {
  let norm: GroupNorm
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear

  /// Adds the attention's result to `[H, W, C]`: `x += output(attention(norm(x)))`.
  func apply(to x: inout FeatureMap, on device: Device) {
    let normed = device.normalized(
      x.pixels, by: norm.normalization(of: x, thenSiLU: false, on: device))
    let attended = device.attention(
      query(normed, on: device), key(normed, on: device), value(normed, on: device),
      heads: HeadLayout(count: 1, headDim: normed.columns))
    let branch = output(attended, on: device)
    x.update { device.add(branch, to: &$0) }
  }
}
