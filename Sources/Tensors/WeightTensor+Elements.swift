internal import CKernels

extension DType {
  /// The kernels' name of this type.
  /// - Precondition: `isComputable`.
  var format: iris_format {
    switch self {
    case .bfloat16: IRIS_BFLOAT16
    case .float16: IRIS_FLOAT16
    case .float32: IRIS_FLOAT32
    default: preconditionFailure("\(rawValue) elements cannot be computed with")
    }
  }
}

/// Keeps elements in memory for a stored tensor that has no file behind it.
private final class ElementBuffer: Sendable {
  let address: UInt

  init(_ elements: [Float]) {
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(elements.count, 1))
    _ = unsafe buffer.initialize(from: elements)
    address = UInt(bitPattern: buffer.baseAddress)
  }

  deinit {
    unsafe UnsafeMutablePointer<Float>(bitPattern: address)?.deallocate()
  }
}

extension WeightTensor {
  /// Keeps a small computed tensor (a folded scale, a reordered bias) in the stored form.
  public init(_ tensor: Tensor) {
    let buffer = ElementBuffer(tensor.elements)
    self.init(
      shape: tensor.shape, elementType: .float32, address: buffer.address, owner: buffer)
  }

  /// The elements widened to float32: for biases, norm scales and tables, not for large matrices.
  /// - Precondition: `elementType.isComputable`.
  public func widened() -> Tensor {
    let elements = unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
      if let target = buffer.baseAddress, count > 0 {
        unsafe iris_widen(elementType.format, pointer, target, count)
      }
      initialised = count
    }
    return Tensor(shape: shape, elements: elements)
  }

  /// Whether every element is a finite number; reads through them without a copy.
  /// - Precondition: `elementType.isComputable`.
  public var isFinite: Bool { unsafe iris_is_finite(elementType.format, pointer, count) }

  /// The first element.
  var pointer: UnsafeRawPointer? { unsafe UnsafeRawPointer(bitPattern: address) }
}
