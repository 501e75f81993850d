import CKernels
import Glibc

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

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool, .float8E4M3, .float8E5M2: 1
    }
  }

  /// True if the kernels compute with this type directly.
  public var isComputable: Bool {
    self == .float32 || self == .float16 || self == .bfloat16
  }
}

/// A read-only tensor in the storage format of its file; it is never copied or widened whole.
///
/// Holds an address into memory that `owner` keeps alive. The memory is immutable, so threads may
/// share it safely. Rows can be sliced without copying.
public struct WeightTensor: Sendable {
  /// The extent of each axis, outermost first.
  public let shape: [Int]
  /// The element type.
  public let dtype: DType
  /// Address of the first element; valid while `owner` lives, not necessarily aligned.
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
    quantization: Quantization? = nil
  ) {
    self.shape = shape
    self.dtype = dtype
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

  /// Returns an int8 matrix with the scales of its units.
  package func quantized(by quantization: Quantization) -> WeightTensor {
    WeightTensor(
      shape: shape, dtype: dtype, address: address, owner: owner, quantization: quantization)
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
  /// The size of the elements in bytes.
  public var byteCount: Int { count * dtype.byteCount }

  /// Returns some entries of the outermost axis, sharing memory: `[range.count, …]`.
  public func rows(_ range: Range<Int>) -> WeightTensor {
    let extent = shape.first ?? 0
    precondition(range.lowerBound >= 0 && range.upperBound <= extent, "rows \(range) of \(shape)")
    let rowBytes = extent == 0 ? 0 : byteCount / extent
    var result = WeightTensor(
      shape: [range.count] + shape.dropFirst(), dtype: dtype,
      address: address + UInt(range.lowerBound * rowBytes), owner: owner,
      quantization: quantization?.rows(range))
    result.precision = precision
    return result
  }

  /// Returns the same elements in another shape.
  /// - Precondition: Both shapes have the same number of elements.
  public func reshaped(_ shape: [Int]) -> WeightTensor {
    precondition(
      shape.reduce(1, *) == count && quantization == nil, "cannot view \(self.shape) as \(shape)")
    var result = WeightTensor(shape: shape, dtype: dtype, address: address, owner: owner)
    result.precision = precision
    return result
  }
}

/// Owns memory whose pages can be read again.
package protocol PageOwner {
  /// Lets the system drop the pages of a part; they are read again when they are used.
  func evict(from start: UInt, byteCount: Int)
  /// Begins to read the pages of a part that are not in memory.
  func readAhead(from start: UInt, byteCount: Int)
  /// Reads the pages of a part one by one, as they are used, or with those around them.
  func setReadsAround(_ readsAround: Bool, from start: UInt, byteCount: Int)
}

extension WeightTensor {
  /// Lets the system drop the pages of a tensor in a mapped file from the process's memory.
  ///
  /// They are read again when they are used. Has no effect on other tensors.
  package func evict() {
    (owner as? any PageOwner)?.evict(from: address, byteCount: byteCount)
  }

  /// Begins to read the pages of a tensor in a mapped file that are not in memory; has no effect on others.
  func readAhead() {
    (owner as? any PageOwner)?.readAhead(from: address, byteCount: byteCount)
  }

  /// Reads a few places of a tensor in a mapped file, without the megabytes around each that the system would read
  /// in the expectation of more.
  package func readingSparsely<Result>(_ body: () -> Result) -> Result {
    let pages = owner as? any PageOwner
    pages?.setReadsAround(false, from: address, byteCount: byteCount)
    defer { pages?.setReadsAround(true, from: address, byteCount: byteCount) }
    return body()
  }

  /// Returns a copy of some rows of a matrix, in its storage format.
  package func gathering(rows numbers: [Int]) -> WeightTensor {
    let rowBytes = columnCount * dtype.byteCount
    return readingSparsely {
      unsafe WeightTensor(
        shape: [numbers.count, columnCount], dtype: dtype,
        filledBy: { target in
          for (place, row) in numbers.enumerated() {
            unsafe (target + place * rowBytes).copyMemory(
              from: start + row * rowBytes, byteCount: rowBytes)
          }
        })
    }
  }

  /// Returns a copy of some columns of a matrix, `[D, columns]`, in its storage format.
  /// - Parameters:
  ///   - numbers: The columns.
  ///   - emptyRows: Rows that are zero in the copy.
  package func columns(_ numbers: [Int], emptyRows: [Int] = []) -> WeightTensor {
    let (width, rowCount) = (dtype.byteCount, shape[0])
    return unsafe WeightTensor(
      shape: [rowCount, numbers.count], dtype: dtype,
      filledBy: { first in
        var target = unsafe first
        for row in 0..<rowCount {
          let source = unsafe start + row * columnCount * width
          for number in numbers {
            unsafe target.copyMemory(from: source + number * width, byteCount: width)
            unsafe target += width
          }
        }
        let rowBytes = numbers.count * width
        for row in emptyRows { unsafe memset(first + row * rowBytes, 0, rowBytes) }
      })
  }

  private var columnCount: Int { shape[1] }

  private var start: UnsafeRawPointer {
    guard let pointer = unsafe pointer else { preconditionFailure("a tensor without memory") }
    return unsafe pointer
  }

  /// Creates a tensor in memory of its own.
  private init(shape: [Int], dtype: DType, filledBy fill: (UnsafeMutableRawPointer) -> Void) {
    let buffer = ByteBuffer(count: shape.reduce(dtype.byteCount, *))
    unsafe fill(buffer.start)
    self.init(shape: shape, dtype: dtype, address: buffer.address, owner: buffer)
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

  /// True if every element is finite; reads the elements in place.
  /// - Precondition: `dtype.isComputable`.
  public var isFinite: Bool { unsafe iris_is_finite(dtype.format, pointer, count) }

  /// Pointer to the first element.
  var pointer: UnsafeRawPointer? { unsafe UnsafeRawPointer(bitPattern: address) }
}
