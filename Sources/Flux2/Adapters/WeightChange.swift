package import Tensors

/// The change of a layer's weight, `ΔW`, `[D, C]`, before its scale.
package enum WeightChange: Sendable {
  /// LoRA's product of two narrow matrices, or every element, as in `.diff`.
  /// - Note: Hu et al., *LoRA: Low-Rank Adaptation of Large Language Models*, arXiv:2106.09685.
  case matrix(MatrixFactor)
  /// LoKr.
  case kronecker(KroneckerProduct)
  /// LoHa.
  case hadamard(HadamardProduct)

  /// `D`.
  var rowCount: Int {
    switch self {
    case .matrix(let matrix): matrix.rowCount
    case .kronecker(let product): product.rows.count
    case .hadamard(let product): product.rowCount
    }
  }

  /// `C`.
  var columnCount: Int {
    switch self {
    case .matrix(let matrix): matrix.columnCount
    case .kronecker(let product): product.columnCount
    case .hadamard(let product): product.columnCount
    }
  }

  /// Returns some rows, sharing memory.
  package func rows(_ range: Range<Int>) -> WeightChange {
    switch self {
    case .matrix(let matrix): .matrix(matrix.rows(range))
    case .kronecker(let product): .kronecker(product.rows(range))
    case .hadamard(let product): .hadamard(product.rows(range))
    }
  }

  /// Returns a copy with the two halves of the rows exchanged; nil for a Kronecker product of an odd number
  /// of blocks, which has none.
  func swappingHalves() -> WeightChange? {
    switch self {
    case .matrix(let matrix): .matrix(matrix.swappingHalves())
    case .kronecker(let product): product.swappingHalves().map { .kronecker($0) }
    case .hadamard(let product): .hadamard(product.swappingHalves())
    }
  }

  /// Adds `scale · x · ΔWᵀ` to a rectangle of `y`, which begins at `row` and `column`.
  ///
  /// LoRA, LoKr and LoHa of a low rank cost some percent of the layer's own product; full differences, and LoHa
  /// of a high rank, as much as the layer itself or half as much more (`Sources/Benchmarks/LOG.md`).
  /// - Parameter x: `[N, C]`.
  package func add(
    _ x: some Matrix, scale: Float, to y: inout Tensor, row: Int = 0, column: Int = 0,
    on device: Device
  ) {
    switch self {
    case .matrix(let matrix):
      matrix.add(x, scale: scale, to: &y, row: row, column: column, on: device)
    case .kronecker(let product):
      product.add(x, scale: scale, to: &y, row: row, column: column, on: device)
    case .hadamard(let product):
      product.add(x, scale: scale, to: &y, row: row, column: column, on: device)
    }
  }

  /// Returns `scale · ΔW` as a change whose product a weight's own takes along; nil if it must be added afterwards.
  func lowRank(scale: Float) -> LowRankChange? {
    guard case .matrix(let matrix) = self else { return nil }
    return matrix.lowRankChange(scale: scale)
  }

  /// Returns a function that computes some rows, `[n, C]`, float32.
  package func rowReader(on device: Device) -> (Range<Int>) -> Tensor {
    switch self {
    case .matrix(let matrix): return matrix.rowReader(on: device)
    case .kronecker(let product): return product.rowReader(on: device)
    case .hadamard(let product): return product.rowReader(on: device)
    }
  }
}
