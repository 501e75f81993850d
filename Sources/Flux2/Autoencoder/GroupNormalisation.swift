internal import Tensors

/// A group normalisation with learned scale and shift.
package struct GroupNormalisation: Sendable {
  /// Added to the variance; not the epsilon of the latent statistics (spec §6).
  private static let epsilon: Float = 1e-6

  /// `[C]`.
  let weight: Tensor
  /// `[C]`.
  let bias: Tensor
  /// Runs of channels that share their statistics.
  let groupCount: Int

  /// Normalises `[H, W, C]`, and applies `x · σ(x)` if asked to.
  func callAsFunction(_ x: Tensor, thenSiLU silu: Bool = true, on device: Device) -> Tensor {
    device.groupNorm(
      x, weight: weight, bias: bias, groups: groupCount, epsilon: Self.epsilon, silu: silu)
  }
}
