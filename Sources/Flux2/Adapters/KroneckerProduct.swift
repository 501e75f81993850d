import Tensors

/// Rows of the Kronecker product of two matrices: `ΔW[i·c + k, j·d + l] = left[i, j] · right[k, l]`.
/// - Note: Yeh et al., *Navigating Text-To-Image Customization*, arXiv:2309.14859, §3.2 (LoKr).
package struct KroneckerProduct: Sendable {
  /// `[a, b]`.
  let left: MatrixFactor
  /// `[c, d]`.
  let right: MatrixFactor
  /// The rows that belong to the layer, of `a · c`.
  let rows: Range<Int>

  /// Rows of the input that are multiplied at once, so that what lies between the two products stays small.
  private static let chunkRows = 256

  /// `b · d`.
  var columnCount: Int { left.columnCount * right.columnCount }

  /// Returns some of its rows.
  func rows(_ range: Range<Int>) -> KroneckerProduct {
    KroneckerProduct(
      left: left, right: right,
      rows: rows.lowerBound + range.lowerBound..<rows.lowerBound + range.upperBound)
  }

  /// Returns the whole product with the two halves of its rows exchanged; nil where that is no Kronecker
  /// product.
  func swappingHalves() -> KroneckerProduct? {
    guard left.rowCount.isMultiple(of: 2) else { return nil }
    return KroneckerProduct(left: left.swappingHalves(), right: right, rows: rows)
  }

  /// Adds `scale · x · ΔWᵀ` to a rectangle of `y`, which begins at `row` and `column`.
  /// - Parameter x: `[N, b · d]`.
  func add(
    _ x: some Matrix, scale: Float, to y: inout Tensor, row: Int, column: Int, on device: Device
  ) {
    let blocks = blocks(of: rows)
    let part = left.rows(blocks)
    let skipped = rows.lowerBound - blocks.lowerBound * right.rowCount
    let count = x.view.rows.count
    for start in stride(from: 0, to: count, by: Self.chunkRows) {
      let chunk = x.view.rows(start..<min(start + Self.chunkRows, count)).copied()
      let product = multiply(chunk, part, on: device)
      y.add(
        product[columns: skipped..<skipped + rows.count], scale: scale, row: row + start,
        column: column)
    }
  }

  /// Multiplies each row, seen as a matrix `X` of `[b, d]`: `left · X · rightᵀ`.
  ///
  /// Of the two orders the one with the smaller result in between is taken, which is never larger than the
  /// larger of input and output.
  /// - Parameters:
  ///   - x: `[n, b · d]`.
  ///   - left: Rows of the left matrix, `[a', b]`.
  /// - Returns: `[n, a' · c]`.
  private func multiply(_ x: Tensor, _ left: MatrixFactor, on device: Device) -> Tensor {
    let (b, c, d) = (left.columnCount, right.rowCount, right.columnCount)
    let (n, a) = (x.rows, left.rowCount)
    if b * c <= a * d {
      let columns = right(x.reshaped([n * b, d]), on: device).transposingBlocks(rows: b, columns: c)
      return left(columns, on: device).transposingBlocks(rows: c, columns: a).reshaped([n, a * c])
    }
    let columns = left(x.transposingBlocks(rows: b, columns: d), on: device)
    return right(columns.transposingBlocks(rows: d, columns: a), on: device).reshaped([n, a * c])
  }

  /// The rows of the left matrix that some rows of the product need.
  private func blocks(of rows: Range<Int>) -> Range<Int> {
    let height = right.rowCount
    return rows.lowerBound / height..<(rows.upperBound + height - 1) / height
  }

  /// Returns a function that computes some rows, `[n, b · d]`.
  func rowReader(on device: Device) -> (Range<Int>) -> Tensor {
    let (left, right) = (self.left.rowReader(on: device), self.right.rowReader(on: device))
    let (start, height, columns) = (rows.lowerBound, self.right.rowCount, columnCount)
    return { range in
      let rows = range.lowerBound + start..<range.upperBound + start
      var elements: [Float] = []
      elements.reserveCapacity(rows.count * columns)
      for block in blocks(of: rows) {
        let inner = rows.clamped(to: block * height..<(block + 1) * height)
        let factors = left(block..<block + 1).elements
        let values = right(inner.lowerBound - block * height..<inner.upperBound - block * height)
        for row in 0..<values.rows {
          let values = values.elements[row * values.columns..<(row + 1) * values.columns]
          for factor in factors { elements += values.map { factor * $0 } }
        }
      }
      return Tensor(shape: [rows.count, columns], elements: elements)
    }
  }
}
