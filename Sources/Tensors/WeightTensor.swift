import CKernels

/// The element type of a stored tensor; the raw values are those of safetensors (spec §1.6).
public enum DType: String, Sendable, CaseIterable {
  /// IEEE single precision.
  case float32 = "F32"
  /// IEEE half precision.
  case float16 = "F16"
  /// The upper 16 bits of an IEEE single.
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
  /// A power of two in one byte.
  case float8E8M0 = "F8_E8M0"

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool, .float8E4M3, .float8E5M2, .float8E8M0: 1
    }
  }

  /// True if the kernels compute with this type.
  public var isComputable: Bool {
    isDirect || self == .float64 || self == .float8E4M3 || self == .float8E5M2
  }

  /// True if the kernels load this type as it is; others are decoded tile by tile.
  var isDirect: Bool { self == .float32 || self == .float16 || self == .bfloat16 }
}

/// A read-only tensor in the storage format of its file; it is never copied or widened whole.
///
/// Holds an address into memory that `owner` keeps alive. The memory is immutable, so threads may
/// share it safely. Rows can be sliced without copying.
public struct WeightTensor: Sendable {
  /// The extent of each axis, outermost first.
  public let shape: [Int]
  /// The element type; of an encoded matrix, that of the bytes it was read from.
  public let dtype: DType
  /// The encoding of a matrix that is more than its elements; nil for none.
  public let encoding: WeightEncoding?
  /// Address of the first element, of an encoded matrix of its first stored row; valid while `owner` lives, not
  /// necessarily aligned.
  package let address: UInt
  /// Keeps the memory behind `address` alive.
  package let owner: any AnyObject & Sendable
  /// The arithmetic of products with it.
  public private(set) var precision = Precision.float32
  /// The scales of a quantised matrix; there are some if and only if `precision` is `int8`.
  public let quantization: Quantization?

  /// Creates a tensor over memory that belongs to `owner`.
  /// - Precondition: `address` points to as many readable bytes as shape and type require; they
  ///   stay valid and unchanged while `owner` lives. Scales belong to an int8 matrix of their size.
  package init(
    shape: [Int], dtype: DType, address: UInt, owner: any AnyObject & Sendable,
    quantization: Quantization? = nil, encoding: WeightEncoding? = nil
  ) {
    self.shape = shape
    self.dtype = dtype
    self.encoding = encoding
    self.address = address
    self.owner = owner
    self.quantization = quantization
    if let quantization {
      precondition(
        dtype == .int8
          && shape == [quantization.scales.elements.count, quantization.factors.elements.count],
        "\(dtype) \(shape) with \(quantization.scales.shape), \(quantization.factors.shape)")
      precision = .int8
    }
  }

  /// Returns what the bytes of this tensor stand for.
  /// - Precondition: The shape needs all of the bytes, in whole blocks, and has as many rows as the encoding.
  public func encoded(as encoding: WeightEncoding, shape: [Int]) -> WeightTensor {
    let result = WeightTensor(
      shape: shape, dtype: dtype, address: address, owner: owner, encoding: encoding)
    precondition(
      shape.first == encoding.rowCount && result.byteCount == byteCount,
      "\(self.shape) \(dtype) as \(shape) in \(encoding)")
    return result
  }

  /// Returns an int8 matrix with the scales of its units.
  /// - Parameters:
  ///   - quantization: The scales, and the order of the units.
  ///   - shape: `[D, C]`; nil if the tensor has it, as rows do.
  package func quantized(by quantization: Quantization, shape: [Int]? = nil) -> WeightTensor {
    WeightTensor(
      shape: shape ?? self.shape, dtype: .int8, address: address, owner: owner,
      quantization: quantization)
  }

  /// Returns the same tensor with products in another floating-point arithmetic.
  /// - Precondition: Neither is int8; for that see `Device.quantize(_:)`.
  public func computed(in precision: Precision) -> WeightTensor {
    precondition(quantization == nil && precision != .int8, "a change of elements")
    var result = self
    result.precision = precision
    return result
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// The size of the elements in bytes, without scales in another place.
  public var byteCount: Int {
    guard let block = encoding?.format.block else { return count * dtype.byteCount }
    return count / block.values * block.byteCount
  }
  /// True if it can be multiplied with.
  public var isComputable: Bool { encoding != nil || dtype.isComputable }
  /// The name of the elements' form, for people.
  public var formatName: String { encoding?.description ?? dtype.rawValue }

  /// Returns some entries of the outermost axis, sharing memory: `[range.count, …]`.
  public func rows(_ range: Range<Int>) -> WeightTensor {
    let extent = shape.first ?? 0
    precondition(range.lowerBound >= 0 && range.upperBound <= extent, "rows \(range) of \(shape)")
    let first = quantization?.layout.starting(at: range.lowerBound).offset ?? range.lowerBound
    let offset = encoding == nil ? first * rowByteCount : 0
    var result = WeightTensor(
      shape: [range.count] + shape.dropFirst(), dtype: dtype, address: address + UInt(offset),
      owner: owner, quantization: quantization?.rows(range),
      encoding: encoding?.starting(at: range.lowerBound))
    result.precision = precision
    return result
  }

  /// Returns the rows of an encoded matrix from one on, and behind the last the first, sharing memory.
  /// - Precondition: It is a whole matrix.
  public func rows(startingAt first: Int) -> WeightTensor {
    guard let encoding, shape.first == encoding.rowCount else {
      preconditionFailure("rows from \(first) of \(shape) as \(formatName)")
    }
    var result = WeightTensor(
      shape: shape, dtype: dtype, address: address, owner: owner,
      encoding: encoding.starting(at: first))
    result.precision = precision
    return result
  }

  /// Bytes of a row of elements.
  private var rowByteCount: Int { (shape.first ?? 0) == 0 ? 0 : byteCount / shape[0] }

  /// The stored bytes from an offset on, as far as they lie in one piece: an encoded matrix may go on at its first
  /// row behind its last.
  package func storedBytes(from offset: Int) -> (address: UInt, count: Int) {
    guard let encoding else { return (address + UInt(offset), byteCount - offset) }
    let whole = max(encoding.rowCount * rowByteCount, 1)
    let start = (encoding.firstRow * rowByteCount + offset) % whole
    return (address + UInt(start), min(byteCount - offset, whole - start))
  }

  /// Returns the same elements in another shape.
  /// - Precondition: Both shapes have the same number of elements, and of rows if these are encoded.
  public func reshaped(_ shape: [Int]) -> WeightTensor {
    precondition(
      shape.reduce(1, *) == count && quantization == nil
        && (encoding == nil || shape.first == self.shape.first),
      "cannot view \(self.shape) as \(shape)")
    var result = WeightTensor(
      shape: shape, dtype: dtype, address: address, owner: owner, encoding: encoding)
    result.precision = precision
    return result
  }
}

extension DType {
  /// The kernels' constant for this type.
  /// - Precondition: `isComputable`, or a quantised matrix's `int8`.
  var format: iris_format {
    switch self {
    case .bfloat16: IRIS_BFLOAT16
    case .float16: IRIS_FLOAT16
    case .float32: IRIS_FLOAT32
    case .int8: IRIS_INT8
    case .float64: IRIS_FLOAT64
    case .float8E4M3: IRIS_FLOAT8_E4M3
    case .float8E5M2: IRIS_FLOAT8_E5M2
    default: preconditionFailure("\(rawValue) elements cannot be computed with")
    }
  }
}

extension WeightTensor {
  /// Creates a stored tensor from a small computed one (a folded scale, a reordered bias).
  public init(_ tensor: Tensor) {
    unsafe self.init(shape: tensor.shape, dtype: .float32) { target in
      unsafe tensor.elements.withUnsafeBytes { source in
        guard let first = source.baseAddress else { return }
        unsafe target.copyMemory(from: first, byteCount: source.count)
      }
    }
  }

  /// Returns the elements widened to float32; for biases, norm scales and tables, not for large
  /// matrices.
  /// - Precondition: `isComputable`.
  public func widened() -> Tensor {
    let rowCount = encoding == nil ? 1 : shape[0]
    let rowLength = rowCount == 0 ? 0 : count / rowCount
    let elements = unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
      if let target = buffer.baseAddress, count > 0 {
        let stored = unsafe stored
        for row in 0..<rowCount {
          unsafe iris_widen(stored, row, 0, rowLength, target + row * rowLength)
        }
      }
      initialised = count
    }
    return Tensor(shape: shape, elements: elements)
  }

  /// True if every element is finite.
  /// - Precondition: `isComputable`.
  public var isFinite: Bool {
    guard isDirect else { return widened().elements.allSatisfy(\.isFinite) }
    return unsafe iris_is_finite(dtype.format, pointer, count)
  }

  /// Pointer to the first element.
  var pointer: UnsafeRawPointer? { unsafe UnsafeRawPointer(bitPattern: address) }
}
