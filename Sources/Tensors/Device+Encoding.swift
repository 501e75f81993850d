import CKernels

/// Rows of a matrix in the encoding of a quantised file.
public struct EncodedRows: Sendable {
  /// The elements, in whole blocks.
  public let bytes: [UInt8]
  /// The factor of each row; empty for blocks, which have their own.
  public let scales: [Float]

  /// Takes rows that need no rounding.
  public init(bytes: [UInt8], scales: [Float] = []) {
    self.bytes = bytes
    self.scales = scales
  }
}

extension Device {
  /// The encodings that matrices can be rounded to.
  public static let writableFormats: [WeightEncoding.Format] = [
    .float8E4M3, .int8, .q80, .q4K, .q5K, .q6K,
  ]

  /// Returns the columns that ConvRot rotates together: the largest power of four up to 256 that divides them.
  public static func rotationGroup(for columns: Int) -> Int {
    [256, 64, 16, 4].first { columns % $0 == 0 } ?? 0
  }

  /// Rounds rows of bfloat16 elements to the nearest codes of an encoding; rows of int8 are rotated before.
  /// - Parameters:
  ///   - rows: Rows of bfloat16, little-endian.
  ///   - columns: Elements of a row, whole blocks.
  ///   - format: One of `writableFormats`.
  public func encode(
    _ rows: [UInt8], columns: Int, as format: WeightEncoding.Format
  ) -> EncodedRows {
    let block = format.block
    precondition(
      Self.writableFormats.contains(format) && columns % block.values == 0
        && rows.count % (2 * columns) == 0, "\(rows.count) bytes as \(format), \(columns) a row")
    let count = rows.count / (2 * columns)
    let byteCount = count * columns / block.values * block.byteCount
    let isScaled = format == .float8E4M3 || format == .int8
    var scales = [Float](repeating: 0, count: isScaled ? count : 0)
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { target, initialised in
      unsafe rows.withUnsafeBytes { source in
        unsafe scales.withUnsafeMutableBufferPointer { scales in
          var arguments = unsafe iris_encode_args(
            x: source.baseAddress?.assumingMemoryBound(to: UInt16.self), rows: count,
            columns: columns, group: Self.rotationGroup(for: columns),
            format: format.kernelFormat, y: target.baseAddress, scales: scales.baseAddress)
          unsafe iris_encode_rows(pool, &arguments)
        }
      }
      initialised = byteCount
    }
    return EncodedRows(bytes: bytes, scales: scales)
  }
}
