package import Tensors

/// A channels-last image between two layers of the autoencoder.
package struct FeatureMap: Sendable {
  /// `[H, W, C]`.
  package var pixels: Tensor
  /// The moments of its channels, if the layer that made it has left them.
  fileprivate(set) var moments: ChannelMoments?

  /// Takes an image whose moments are not known.
  package init(_ pixels: Tensor) { self.pixels = pixels }

  /// Takes a part of an image, or one whose moments are known.
  /// - Parameter moments: The moments of the whole image.
  init(_ pixels: Tensor, moments: ChannelMoments?) {
    self.pixels = pixels
    self.moments = moments
  }

  /// An image without pixels, to be written.
  static let empty = FeatureMap(Tensor(zeros: [0, 0, 0]))

  fileprivate init(_ convolved: (image: Tensor, moments: ChannelMoments)) {
    (pixels, moments) = (convolved.image, convolved.moments)
  }

  /// Changes the pixels, whose moments are then not known.
  mutating func update(_ change: (inout Tensor) -> Void) {
    moments = nil
    change(&pixels)
  }
}

/// A convolution with bias over a channels-last image.
package struct Conv2d: Sendable {
  let kernel: ConvolutionKernel

  init(weight: WeightTensor, bias: Tensor, geometry: ConvolutionGeometry) {
    kernel = ConvolutionKernel(weight: weight, bias: bias, geometry: geometry)
  }

  /// Convolves `[H, W, C]` to `[H', W', D]`.
  package func callAsFunction(_ x: FeatureMap, on device: Device) -> FeatureMap {
    FeatureMap(device.convolution(x.pixels, kernel))
  }

  /// Replaces `x` by its 1x1 convolution, in the same memory unless channels are added.
  func apply(to x: inout FeatureMap, on device: Device) {
    if kernel.weight.shape[0] > kernel.weight.shape[1] {
      x = self(x, on: device)
    } else {
      x.update { device.applyPointwise(kernel, to: &$0) }
    }
  }

  /// Convolves the normalised image: `conv(silu(norm(x)))`.
  func callAsFunction(_ x: FeatureMap, after norm: GroupNorm, on device: Device) -> FeatureMap {
    FeatureMap(device.convolution(x.pixels, kernel, after: norm.normalization(of: x, on: device)))
  }

  /// Convolves the normalised image into `y`, whose memory is used again if its shape fits.
  func write(
    _ x: FeatureMap, after norm: GroupNorm, into y: inout FeatureMap, on device: Device
  ) {
    y.moments = device.convolution(
      x.pixels, kernel, after: norm.normalization(of: x, on: device), into: &y.pixels)
  }

  /// Adds `conv(silu(norm(x)))` to `y`.
  func add(_ x: FeatureMap, after norm: GroupNorm, to y: inout FeatureMap, on device: Device) {
    y.moments = device.convolution(
      x.pixels, kernel, after: norm.normalization(of: x, on: device), addingTo: &y.pixels)
  }

  /// Returns `conv(silu(norm(x)))` as levels from 0 to 255.
  func levels(_ x: FeatureMap, after norm: GroupNorm, on device: Device) -> [UInt8] {
    device.levels(x.pixels, kernel, after: norm.normalization(of: x, on: device))
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

  /// Returns the normalisation of an image, followed by `x · σ(x)` if asked to.
  func normalization(
    of x: FeatureMap, thenSiLU silu: Bool = true, on device: Device
  ) -> ChannelNormalization {
    ChannelNormalization(
      x.moments ?? device.channelMoments(of: x.pixels), weight: weight, bias: bias,
      groups: groupCount, epsilon: Self.epsilon, silu: silu)
  }
}
