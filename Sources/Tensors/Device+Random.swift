import CKernels

/// A matrix of random bfloat16 weights, `mean + rowScales[r] · columnScales[c] · n` with independent standard
/// normal `n`.
///
/// An element depends on the key and its place alone, so any rows can be drawn at any time.
public struct RandomMatrix: Sendable {
  /// Selects the numbers: other keys give independent ones.
  public var key: UInt64
  /// The mean of all elements.
  public var mean: Float
  /// One factor for each row.
  public var rowScales: [Float]
  /// One factor for each column.
  public var columnScales: [Float]

  /// Describes a matrix.
  public init(key: UInt64, mean: Float = 0, rowScales: [Float], columnScales: [Float]) {
    self.key = key
    self.mean = mean
    self.rowScales = rowScales
    self.columnScales = columnScales
  }
}

extension Device {
  /// Draws some rows of a random matrix.
  /// - Returns: Their elements as bfloat16, row by row, little-endian.
  public func draw(_ matrix: RandomMatrix, rows: Range<Int>) -> [UInt8] {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= matrix.rowScales.count,
      "rows \(rows) of \(matrix.rowScales.count)")
    let byteCount = rows.count * matrix.columnScales.count * DType.bfloat16.byteCount
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialised in
      initialised = byteCount
      // An array's storage is aligned to 16 bytes.
      guard let base = unsafe buffer.baseAddress.map({ UnsafeMutableRawPointer($0) }) else {
        return
      }
      unsafe matrix.rowScales.withUnsafeBufferPointer { rowScales in
        unsafe matrix.columnScales.withUnsafeBufferPointer { columnScales in
          guard let first = rowScales.baseAddress, let columns = columnScales.baseAddress else {
            return
          }
          var arguments = unsafe iris_random_args(
            key: matrix.key, first_row: rows.lowerBound, rows: rows.count,
            columns: columnScales.count, mean: matrix.mean, row_scales: first + rows.lowerBound,
            column_scales: columns, y: base.assumingMemoryBound(to: UInt16.self))
          unsafe iris_random_rows(pool, &arguments)
        }
      }
    }
  }
}
