package import Tensors

/// A convolution with bias over a channels-last image.
package struct Convolution: Sendable {
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
