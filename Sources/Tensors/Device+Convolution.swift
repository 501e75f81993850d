import CKernels

/// Stride, padding and upsampling of a convolution.
public struct ConvolutionGeometry: Sendable, Equatable {
  /// Distance between two outputs in input pixels.
  public var stride = 1
  /// Zero rows and columns before the image (top and left).
  public var paddingBefore = 1
  /// Zero rows and columns after the image (bottom and right).
  public var paddingAfter = 1
  /// True to upsample the input first by 2 in both directions (nearest neighbour).
  public var upsamples = false

  /// 3x3, output as large as the input.
  public static let same = ConvolutionGeometry()
  /// 1x1.
  public static let pointwise = ConvolutionGeometry(paddingBefore: 0, paddingAfter: 0)
  /// 3x3 after doubling height and width (spec §6, Upsample).
  public static let upsampling = ConvolutionGeometry(upsamples: true)
  /// 3x3 with stride 2, padded on the right and bottom only (spec §6, Downsample).
  public static let downsampling = ConvolutionGeometry(stride: 2, paddingBefore: 0)

  /// Creates a geometry; the default is a 3x3 convolution that keeps the size.
  public init(
    stride: Int = 1, paddingBefore: Int = 1, paddingAfter: Int = 1, upsamples: Bool = false
  ) {
    self.stride = stride
    self.paddingBefore = paddingBefore
    self.paddingAfter = paddingAfter
    self.upsamples = upsamples
  }

  /// Returns the number of outputs along an axis for `extent` input pixels and a kernel of `kernel`
  /// pixels.
  func outputExtent(_ extent: Int, kernel: Int) -> Int {
    ((upsamples ? 2 * extent : extent) + paddingBefore + paddingAfter - kernel) / stride + 1
  }
}

extension Device {
  /// Two-dimensional convolution over one channels-last image; pixels outside the image are zero.
  /// - Parameters:
  ///   - x: `[H, W, C]`.
  ///   - weight: `[D, C, K, K]`.
  ///   - bias: `[D]`.
  ///   - geometry: Stride, padding and upsampling.
  /// - Returns: `[H', W', D]`.
  public func convolution(
    _ x: Tensor, _ weight: WeightTensor, bias: Tensor?, _ geometry: ConvolutionGeometry = .same
  ) -> Tensor {
    precondition(
      x.shape.count == 3 && weight.shape.count == 4 && weight.shape[1] == x.shape[2]
        && weight.shape[2] == weight.shape[3]
        && (bias.map { $0.elements.count == weight.shape[0] } ?? true),
      "convolving \(x.shape) with \(weight.shape), bias \(bias?.shape ?? [])")
    let kernel = weight.shape[2]
    let height = geometry.outputExtent(x.shape[0], kernel: kernel)
    let width = geometry.outputExtent(x.shape[1], kernel: kernel)
    return unsafe Tensor(uninitialised: [height, width, weight.shape[0]]) { output in
      unsafe withElements(x) { input in
        unsafe withElements(bias) { bias in
          var arguments = unsafe iris_convolution_args(
            x: input, w: weight.stored, bias: bias, y: output, height: x.shape[0],
            width: x.shape[1], in_channels: x.shape[2], out_height: height, out_width: width,
            out_channels: weight.shape[0], kernel: kernel, stride: geometry.stride,
            pad_top: geometry.paddingBefore, pad_left: geometry.paddingBefore,
            upsample: geometry.upsamples)
          unsafe iris_convolution(pool, &arguments)
        }
      }
    }
  }
}
