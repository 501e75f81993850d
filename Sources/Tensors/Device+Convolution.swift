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

/// A convolution's operands but for the image: what a layer holds.
public struct ConvolutionKernel: Sendable {
  /// `[D, C, K, K]`.
  public let weight: WeightTensor
  /// `[D]`.
  public let bias: Tensor?
  /// Stride, padding and upsampling.
  public let geometry: ConvolutionGeometry

  /// Creates a kernel.
  /// - Precondition: The weight has four axes, the last two equal; the bias an element for each output.
  public init(weight: WeightTensor, bias: Tensor?, geometry: ConvolutionGeometry = .same) {
    precondition(
      weight.shape.count == 4 && weight.shape[2] == weight.shape[3]
        && (bias.map { $0.elements.count == weight.shape[0] } ?? true),
      "a kernel \(weight.shape) with bias \(bias?.shape ?? [])")
    self.weight = weight
    self.bias = bias
    self.geometry = geometry
  }

  /// Returns the shape of the output, `[H', W', D]`, for an image `[H, W, C]`.
  func outputShape(of x: Tensor) -> [Int] {
    precondition(
      x.shape.count == 3 && weight.shape[1] == x.shape[2],
      "convolving \(x.shape) with \(weight.shape)")
    return x.shape.prefix(2).map { geometry.outputExtent($0, kernel: weight.shape[2]) }
      + [weight.shape[0]]
  }

  /// True if the output is as large as the image, or twice if the geometry upsamples.
  var keepsExtent: Bool {
    geometry.stride == 1 && weight.shape[2] % 2 == 1 && weight.shape[2] <= 3
      && geometry.paddingBefore == weight.shape[2] / 2
      && geometry.paddingAfter == weight.shape[2] / 2
      && !(geometry.upsamples && weight.shape[2] == 1)
  }
}

extension Device {
  /// Rows of a band of an image that is changed in place.
  private static let rowsPerBand = 64

  /// Two-dimensional convolution over one channels-last image; pixels outside the image are zero.
  /// - Parameters:
  ///   - x: `[H, W, C]`.
  ///   - kernel: The weights.
  ///   - norm: Applied to the image first; its zeros outside stay zero.
  /// - Returns: `[H', W', D]`, and the moments of its channels.
  public func convolution(
    _ x: Tensor, _ kernel: ConvolutionKernel, after norm: ChannelNormalization? = nil
  ) -> (image: Tensor, moments: ChannelMoments) {
    var y = Tensor(shape: [0], elements: [])
    let moments = convolution(x, kernel, after: norm, into: &y)
    return (y, moments)
  }

  /// Computes a convolution into `y`, whose memory is used again if it has the shape of the output: pages that
  /// were never written cost a page fault for each 4 kB.
  /// - Returns: The moments of its channels.
  public func convolution(
    _ x: Tensor, _ kernel: ConvolutionKernel, after norm: ChannelNormalization? = nil,
    into y: inout Tensor
  ) -> ChannelMoments {
    let shape = kernel.outputShape(of: x)
    if y.shape != shape { y = Tensor(unwritten: shape) }
    return unsafe ChannelMoments(count: shape[2]) { moments in
      unsafe y.withRows { rows in
        unsafe convolve(x, kernel, after: norm) { arguments in
          unsafe arguments.y = rows.data
          unsafe arguments.moments = moments
        }
      }
    }
  }

  /// Adds a convolution that keeps the extent to `y`, `[H, W, D]`.
  /// - Returns: The moments of the channels of the sum.
  public func convolution(
    _ x: Tensor, _ kernel: ConvolutionKernel, after norm: ChannelNormalization? = nil,
    addingTo y: inout Tensor
  ) -> ChannelMoments {
    let shape = kernel.outputShape(of: x)
    precondition(kernel.keepsExtent && y.shape == shape, "adding \(shape) to \(y.shape)")
    return unsafe ChannelMoments(count: shape[2]) { moments in
      unsafe y.withRows { rows in
        unsafe convolve(x, kernel, after: norm) { arguments in
          unsafe arguments.y = rows.data
          unsafe arguments.residual = UnsafePointer(rows.data)
          unsafe arguments.moments = moments
        }
      }
    }
  }

  /// Applies a 1x1 convolution that does not add channels, in the memory of `x`: `[H, W, C]` becomes
  /// `[H, W, D]`.
  ///
  /// Band by band: what a band writes lies before what the next one reads.
  public func applyPointwise(_ kernel: ConvolutionKernel, to x: inout Tensor) {
    let (shape, before) = (kernel.outputShape(of: x), x.shape)
    precondition(
      kernel.geometry == .pointwise && kernel.weight.shape[2] == 1 && shape[2] <= before[2],
      "\(kernel.weight.shape) in place of \(before)")
    let rows = Self.rowsPerBand
    var band = Tensor(zeros: [min(rows, shape[0]), shape[1], shape[2]])
    unsafe x.withRows { pixels in
      unsafe band.withRows { output in
        for row in stride(from: 0, to: shape[0], by: rows) {
          let height = min(rows, shape[0] - row)
          var arguments = unsafe iris_convolution_args()
          unsafe arguments.x = UnsafePointer(pixels.data + row * before[1] * before[2])
          unsafe arguments.y = output.data
          unsafe (arguments.height, arguments.width) = (height, before[1])
          unsafe (arguments.out_height, arguments.out_width) = (height, before[1])
          unsafe convolve(kernel, channels: before[2], &arguments)
          unsafe (pixels.data + row * shape[1] * shape[2]).update(
            from: output.data, count: height * shape[1] * shape[2])
        }
      }
    }
    x.keepFirst(shape)
  }

  /// Computes a convolution that keeps the extent, and returns its values from −1 to 1 as levels from 0 to
  /// 255: clamped, and rounded to the nearest level, halves to the even one.
  /// - Returns: `H · W · D` levels.
  public func levels(
    _ x: Tensor, _ kernel: ConvolutionKernel, after norm: ChannelNormalization? = nil
  ) -> [UInt8] {
    let shape = kernel.outputShape(of: x)
    precondition(kernel.keepsExtent, "levels of a convolution \(kernel.geometry)")
    let count = shape.reduce(1, *)
    return unsafe [UInt8](unsafeUninitializedCapacity: max(count, 1)) { buffer, initialised in
      if let base = buffer.baseAddress {
        unsafe convolve(x, kernel, after: norm) { unsafe $0.levels = base }
      }
      initialised = count
    }
  }

  private func convolve(
    _ x: Tensor, _ kernel: ConvolutionKernel, after norm: ChannelNormalization?,
    _ output: (inout iris_convolution_args) -> Void
  ) {
    let shape = kernel.outputShape(of: x)
    precondition(
      norm.map { kernel.keepsExtent && $0.table.columns == x.columns } ?? true,
      "convolving \(x.shape) with \(kernel.weight.shape) after \(norm?.table.shape ?? [])")
    unsafe withElements(x) { input in
      unsafe withElements(norm?.table) { table in
        var arguments = unsafe iris_convolution_args()
        unsafe arguments.x = input
        unsafe (arguments.height, arguments.width) = (x.shape[0], x.shape[1])
        unsafe (arguments.out_height, arguments.out_width) = (shape[0], shape[1])
        unsafe (arguments.norm, arguments.silu) = (table, norm?.silu ?? false)
        unsafe output(&arguments)
        unsafe convolve(kernel, channels: x.shape[2], &arguments)
      }
    }
  }

  /// Completes the arguments by the kernel's, and convolves.
  private func convolve(
    _ kernel: ConvolutionKernel, channels: Int, _ arguments: inout iris_convolution_args
  ) {
    // Kernels are small, and read once for all pixels: an encoded one is decoded whole for the call.
    let weight = kernel.weight.isDirect ? kernel.weight : WeightTensor(kernel.weight.widened())
    let geometry = kernel.geometry
    unsafe withElements(kernel.bias) { bias in
      unsafe (arguments.w, arguments.bias) = (weight.stored, bias)
      unsafe (arguments.in_channels, arguments.out_channels) = (channels, weight.shape[0])
      unsafe (arguments.kernel, arguments.stride) = (weight.shape[2], geometry.stride)
      unsafe (arguments.pad_top, arguments.pad_left) = (
        geometry.paddingBefore, geometry.paddingBefore
      )
      unsafe arguments.upsample = geometry.upsamples
      unsafe iris_convolution(pool, &arguments)
    }
  }
}
