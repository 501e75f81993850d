import CKernels

extension Device {
  /// Gated linear unit with the gate half first: `silu(x[:, :F]) · x[:, F:]` (spec §4.6).
  /// - Parameter x: `[N, 2F]`.
  /// - Returns: `[N, F]`.
  /// - Note: Shazeer, *GLU Variants Improve Transformer*, arXiv:2002.05202.
  public func gatedSiLU(_ x: some Matrix) -> Tensor {
    let (rows, features) = (x.view.rows.count, x.view.columns.count / 2)
    precondition(x.view.columns.count == 2 * features, "an odd width has no halves")
    return unsafe Tensor(uninitialised: [rows, features]) { output in
      unsafe x.view.withRows { input in
        unsafe iris_gated_silu(
          pool, input, iris_rows(data: output, stride: features), rows, features)
      }
    }
  }

  /// Computes `gatedSiLU(_:)` and writes it into the columns of `y` from `column` on.
  public func gatedSiLU(_ x: some Matrix, into y: inout Tensor, column: Int) {
    let (rows, features) = (x.view.rows.count, x.view.columns.count / 2)
    precondition(
      x.view.columns.count == 2 * features && rows <= y.rows && column + features <= y.columns,
      "\(rows) rows of \(features) into \(y.shape) from column \(column)")
    unsafe y.withRows { output in
      unsafe x.view.withRows { input in
        unsafe iris_gated_silu(
          pool, input, output.offset(row: 0, column: column), rows, features)
      }
    }
  }

  /// Adds a branch to the residual stream: `x[row…] += gate · y`.
  /// - Parameters:
  ///   - x: Residual stream, `[N, C]`.
  ///   - y: Branch output, `[M, C]`.
  ///   - gate: `[C]`; nil means 1.
  ///   - row: The first row of `x` to add to.
  public func add(_ y: some Matrix, gate: Tensor? = nil, to x: inout Tensor, row: Int = 0) {
    let (rows, columns) = (y.view.rows.count, y.view.columns.count)
    precondition(
      columns == x.columns && row + rows <= x.rows
        && (gate.map { $0.elements.count == columns } ?? true),
      "adding \(rows) rows of \(columns) at row \(row) of \(x.shape)")
    unsafe x.withRows { output in
      unsafe y.view.withRows { input in
        unsafe withElements(gate) { gate in
          unsafe iris_gated_add(
            pool, output.offset(row: row, column: 0), input, gate, rows, columns)
        }
      }
    }
  }

  /// `x · σ(x)`, elementwise.
  /// - Returns: The shape of `x`.
  public func silu(_ x: Tensor) -> Tensor {
    var result = x
    let count = x.elements.count
    unsafe result.withRows { output in
      unsafe iris_silu(pool, output.data, count)
    }
    return result
  }
}
