import Tensors

/// The product by elements of two matrices of low rank: `ΔW[i, j] = (up₁·down₁)[i, j] · (up₂·down₂)[i, j]`.
/// - Note: Hyeon-Woo et al., *FedPara*, arXiv:2108.06098, §2 (LoHa).
package struct HadamardProduct: Sendable {
  /// `[D, r]` and `[r, C]`.
  let first: (up: WeightTensor, down: WeightTensor)
  /// The same of the other matrix.
  let second: (up: WeightTensor, down: WeightTensor)

  /// Rows that are computed at once: 256 of 9,216 columns take 9 MB.
  private static let tileRows = 256
  /// The largest rank that is multiplied out: 16² columns of klein-4B's widest layer take 31 MB.
  private static let expandedRank = 16

  /// `D`.
  var rowCount: Int { first.up.shape[0] }
  /// `C`.
  var columnCount: Int { first.down.shape[1] }
  /// `r`.
  var rank: Int { first.down.shape[0] }

  /// Returns some of its rows.
  func rows(_ range: Range<Int>) -> HadamardProduct {
    HadamardProduct(
      first: (first.up.rows(range), first.down), second: (second.up.rows(range), second.down))
  }

  /// Returns a copy with the two halves of the rows exchanged.
  func swappingHalves() -> HadamardProduct {
    HadamardProduct(
      first: (first.up.swappingHalves(), first.down),
      second: (second.up.swappingHalves(), second.down))
  }

  /// Adds `scale · x · ΔWᵀ` to a rectangle of `y`, which begins at `row` and `column`.
  ///
  /// `ΔW` has the rank `r²`: `ΔW = Σ (up₁[:, p] · up₂[:, q]) (down₁[p, :] · down₂[q, :])`. Where that takes less
  /// than half of what the whole matrix does, it is multiplied so; otherwise some rows of it are computed
  /// at a time.
  func add(
    _ x: some Matrix, scale: Float, to y: inout Tensor, row: Int, column: Int, on device: Device
  ) {
    if rank <= Self.expandedRank,
      2 * rank * rank * (rowCount + columnCount) < rowCount * columnCount
    {
      return expanded.add(x, scale: scale, to: &y, row: row, column: column, on: device)
    }
    let reader = rowReader(on: device)
    for start in stride(from: 0, to: rowCount, by: Self.tileRows) {
      let tile = reader(start..<min(start + Self.tileRows, rowCount))
      MatrixFactor.whole(WeightTensor(tile)).add(
        x, scale: scale, to: &y, row: row, column: column + start, on: device)
    }
  }

  /// The same as one product of rank `r²`.
  private var expanded: MatrixFactor {
    let ups = (first.up.widened().transposed(), second.up.widened().transposed())
    let downs = (first.down.widened(), second.down.widened())
    return .product(
      up: WeightTensor(Self.rowProducts(ups.0, ups.1).transposed()),
      down: WeightTensor(Self.rowProducts(downs.0, downs.1)))
  }

  /// Returns the products of each row of one matrix with each of another, `[r², columns]`.
  private static func rowProducts(_ first: Tensor, _ second: Tensor) -> Tensor {
    let columns = first.columns
    var elements: [Float] = []
    elements.reserveCapacity(first.rows * second.rows * columns)
    for row in 0..<first.rows {
      let left = first.elements[row * columns..<(row + 1) * columns]
      for other in 0..<second.rows {
        let right = second.elements[other * columns..<(other + 1) * columns]
        elements += zip(left, right).map { $0 * $1 }
      }
    }
    return Tensor(shape: [first.rows * second.rows, columns], elements: elements)
  }

  /// Returns a function that computes some rows, `[n, C]`.
  func rowReader(on device: Device) -> (Range<Int>) -> Tensor {
    let factors = [first, second].map {
      MatrixFactor.product(up: $0.up, down: $0.down).rowReader(on: device)
    }
    return { range in
      let (left, right) = (factors[0](range), factors[1](range))
      return Tensor(
        shape: left.shape, elements: zip(left.elements, right.elements).map { $0 * $1 })
    }
  }
}
