package import Tensors

/// A convolution with bias over a channels-last image.
package struct Conv2d: Sendable {
  /// `[D, C, K, K]`.
  let weight: WeightTensor
  /// `[D]`.
  let bias: Tensor
  /// Stride, padding and upsampling.
  let geometry: ConvolutionGeometry

  /// Convolves `[H, W, C]` to `[H', W', D]`.
  package func callAsFunction(_ x: Tensor, on device: Device) -> Tensor {
    device.convolution(x, weight, bias: bias, geometry)
  }
}

/// A group normalisation with learned scale and shift.
struct GroupNorm: Sendable {
  /// Added to the variance; not the epsilon of the latents' statistics (spec §6).
  private static let epsilon: Float = 1e-6

  /// `[C]`.
  let weight: Tensor
  /// `[C]`.
  let bias: Tensor
  /// Runs of channels that share mean and variance.
  let groupCount: Int

  /// Normalises `[H, W, C]`, and applies `x · σ(x)` if asked to.
  func callAsFunction(_ x: Tensor, thenSiLU silu: Bool = true, on device: Device) -> Tensor {
    device.groupNorm(
      x, weight: weight, bias: bias, groups: groupCount, epsilon: Self.epsilon, silu: silu)
  }
}
