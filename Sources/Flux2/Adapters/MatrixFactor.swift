package import Tensors

/// A matrix of an adapter file, `[D, C]`, whole or as the product of two narrow ones.
package enum MatrixFactor: Sendable {
  /// Every element is stored.
  case whole(WeightTensor)
  /// `up · down`, of `[D, r]` and `[r, C]`.
  case product(up: WeightTensor, down: WeightTensor)

  /// `D`.
  var rowCount: Int {
    switch self {
    case .whole(let matrix): matrix.shape[0]
    case .product(let up, _): up.shape[0]
    }
  }

  /// `C`.
  var columnCount: Int {
    switch self {
    case .whole(let matrix): matrix.shape[1]
    case .product(_, let down): down.shape[1]
    }
  }

  /// `r`; nil of a whole matrix.
  package var rank: Int? {
    switch self {
    case .whole: nil
    case .product(_, let down): down.shape[0]
    }
  }

  /// Returns some rows, sharing memory.
  func rows(_ range: Range<Int>) -> MatrixFactor {
    switch self {
    case .whole(let matrix): .whole(matrix.rows(range))
    case .product(let up, let down): .product(up: up.rows(range), down: down)
    }
  }

  /// Returns a copy with the two halves of the rows exchanged.
  func swappingHalves() -> MatrixFactor {
    switch self {
    case .whole(let matrix): .whole(matrix.swappingHalves())
    case .product(let up, let down): .product(up: up.swappingHalves(), down: down)
    }
  }

  /// Multiplies every row: `x · Mᵀ`.
  /// - Parameter x: `[N, C]`.
  /// - Returns: `[N, D]`.
  func callAsFunction(_ x: some Matrix, on device: Device) -> Tensor {
    switch self {
    case .whole(let matrix): device.linear(x, matrix)
    case .product(let up, let down): device.linear(device.linear(x, down), up)
    }
  }

  /// Adds `scale · x · Mᵀ` to a rectangle of `y`, which begins at `row` and `column`.
  func add(
    _ x: some Matrix, scale: Float, to y: inout Tensor, row: Int, column: Int, on device: Device
  ) {
    switch self {
    case .whole(let matrix):
      device.linear(
        x, matrix, scale: scale, accumulate: true, into: &y, row: row, column: column)
    case .product(let up, let down):
      device.linear(
        device.linear(x, down), up, scale: scale, accumulate: true, into: &y, row: row,
        column: column)
    }
  }

  /// Returns `scale · M` as a change whose product a weight's own takes along; nil of a whole matrix.
  func lowRankChange(scale: Float) -> LowRankChange? {
    guard case .product(let up, let down) = self else { return nil }
    return LowRankChange(down: down, up: up, scale: scale)
  }

  /// Returns a function that computes some rows, `[n, C]`.
  func rowReader(on device: Device) -> (Range<Int>) -> Tensor {
    switch self {
    case .whole(let matrix): return { matrix.rows($0).widened() }
    case .product(let up, let down):
      let columns = WeightTensor(down.widened().transposed())
      return { device.linear(up.rows($0).widened(), columns) }
    }
  }
}

extension Tensor {
  /// Returns the transpose of a matrix.
  func transposed() -> Tensor { transposingBlocks(rows: rows, columns: columns) }

  /// Returns the transpose of each block of some consecutive elements.
  /// - Parameters:
  ///   - rows: Rows of a block.
  ///   - columns: Columns of a block.
  /// - Returns: `[blocks · columns, rows]`.
  func transposingBlocks(rows: Int, columns: Int) -> Tensor {
    let (source, count) = (elements, elements.count)
    var result = [Float](repeating: 0, count: count)
    for block in stride(from: 0, to: count, by: rows * columns) {
      for row in 0..<rows {
        let start = block + row * columns
        for column in 0..<columns {
          result[block + column * rows + row] = source[start + column]
        }
      }
    }
    return Tensor(shape: [count / rows, rows], elements: result)
  }
}
