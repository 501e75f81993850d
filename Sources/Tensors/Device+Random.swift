import CKernels

/// A matrix of random bfloat16 weights, `rowScales[r] · columnScales[c] · (mean + n)` with independent standard
/// normal `n`.
///
/// An element depends on the key and its place alone, so any rows can be drawn at any time.
public struct RandomMatrix: Sendable {
  /// Selects the numbers: other keys give independent ones.
  public var key: UInt64
  /// The mean of every element, in its deviations.
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
    let byteCount = rows.count * matrix.columnScales.count * DType.bfloat16.byteCount
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialised in
      // An array's storage is aligned to 16 bytes.
      if let base = buffer.baseAddress {
        unsafe draw(matrix, rows: rows, into: UnsafeMutableRawPointer(base))
      }
      initialised = byteCount
    }
  }

  /// Draws matrices of equal width, one below the other, into memory of their own.
  /// - Parameter shape: The extent of each axis; the product is the number of elements.
  public func draw(_ bands: [RandomMatrix], shape: [Int]) -> WeightTensor {
    let memory = ByteBuffer(count: shape.reduce(DType.bfloat16.byteCount, *))
    var offset = 0
    for band in bands {
      let rows = 0..<band.rowScales.count
      unsafe draw(band, rows: rows, into: memory.start + offset)
      offset += rows.count * band.columnScales.count * DType.bfloat16.byteCount
    }
    precondition(offset == memory.byteCount, "\(offset) bytes drawn for \(shape)")
    return WeightTensor(shape: shape, dtype: .bfloat16, address: memory.address, owner: memory)
  }

  private func draw(
    _ matrix: RandomMatrix, rows: Range<Int>, into target: UnsafeMutableRawPointer
  ) {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= matrix.rowScales.count,
      "rows \(rows) of \(matrix.rowScales.count)")
    unsafe matrix.rowScales.withUnsafeBufferPointer { rowScales in
      unsafe matrix.columnScales.withUnsafeBufferPointer { columnScales in
        guard let first = rowScales.baseAddress, let columns = columnScales.baseAddress else {
          return
        }
        var arguments = unsafe iris_random_args(
          key: matrix.key, first_row: rows.lowerBound, rows: rows.count,
          columns: columnScales.count, mean: matrix.mean, row_scales: first + rows.lowerBound,
          column_scales: columns, y: target.assumingMemoryBound(to: UInt16.self))
        unsafe iris_random_rows(pool, &arguments)
      }
    }
  }
}
