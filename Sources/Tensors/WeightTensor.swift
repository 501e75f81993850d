import CKernels

/// How the elements of a stored tensor are written; the names are those of safetensors (spec §1.6).
public enum DType: String, Sendable, CaseIterable {
  /// IEEE single precision.
  case float32 = "F32"
  /// IEEE half precision.
  case float16 = "F16"
  /// The upper half of a single.
  case bfloat16 = "BF16"
  /// IEEE double precision.
  case float64 = "F64"
  /// Signed 64-bit integer.
  case int64 = "I64"
  /// Signed 32-bit integer.
  case int32 = "I32"
  /// Signed 16-bit integer.
  case int16 = "I16"
  /// Signed byte.
  case int8 = "I8"
  /// Unsigned byte.
  case uint8 = "U8"
  /// One byte, 0 or 1.
  case bool = "BOOL"
  /// 8-bit float with 4 exponent bits (E4M3FN).
  case float8E4M3 = "F8_E4M3"
  /// 8-bit float with 5 exponent bits.
  case float8E5M2 = "F8_E5M2"

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool, .float8E4M3, .float8E5M2: 1
    }
  }

  /// Whether the kernels read this type directly.
  public var isComputable: Bool {
    self == .float32 || self == .float16 || self == .bfloat16
  }
}

/// A read-only tensor in the form it has in its file: never copied whole, never widened whole.
///
/// Holds an address into memory that `owner` keeps alive; the memory is immutable, which is what makes
/// sharing it between threads safe. Rows may be sliced without copying.
public struct WeightTensor: Sendable {
  /// The extent of each axis, outermost first.
  public let shape: [Int]
  /// How the elements are written.
  public let dtype: DType
  /// Address of the first element; valid while `owner` lives, not necessarily aligned.
  package let address: UInt
  /// Keeps the memory behind `address` alive.
  package let owner: any AnyObject & Sendable

  /// Describes elements in memory that belongs to `owner`.
  /// - Precondition: `address` points at as many readable bytes as shape and type say, for as long as
  ///   `owner` lives, and nothing writes to them.
  package init(
    shape: [Int], dtype: DType, address: UInt, owner: any AnyObject & Sendable
  ) {
    self.shape = shape
    self.dtype = dtype
    self.address = address
    self.owner = owner
  }

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// Bytes the elements take.
  public var byteCount: Int { count * dtype.byteCount }

  /// Some of the outermost axis's entries, sharing memory: `[range.count, …]`.
  public func rows(_ range: Range<Int>) -> WeightTensor {
    let extent = shape.first ?? 0
    precondition(range.lowerBound >= 0 && range.upperBound <= extent, "rows \(range) of \(shape)")
    let rowBytes = extent == 0 ? 0 : byteCount / extent
    return WeightTensor(
      shape: [range.count] + shape.dropFirst(), dtype: dtype,
      address: address + UInt(range.lowerBound * rowBytes), owner: owner)
  }

  /// The same elements under another shape.
  /// - Precondition: Both shapes have the same number of elements.
  public func reshaped(_ shape: [Int]) -> WeightTensor {
    precondition(shape.reduce(1, *) == count, "cannot view \(self.shape) as \(shape)")
    return WeightTensor(shape: shape, dtype: dtype, address: address, owner: owner)
  }
}

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
      shape: tensor.shape, dtype: .float32, address: buffer.address, owner: buffer)
  }

  /// The elements widened to float32: for biases, norm scales and tables, not for large matrices.
  /// - Precondition: `dtype.isComputable`.
  public func widened() -> Tensor {
    let elements = unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
      if let target = buffer.baseAddress, count > 0 {
        unsafe iris_widen(dtype.format, pointer, target, count)
      }
      initialised = count
    }
    return Tensor(shape: shape, elements: elements)
  }

  /// Whether every element is a finite number; reads through them without a copy.
  /// - Precondition: `dtype.isComputable`.
  public var isFinite: Bool { unsafe iris_is_finite(dtype.format, pointer, count) }

  /// The first element.
  var pointer: UnsafeRawPointer? { unsafe UnsafeRawPointer(bitPattern: address) }
}
