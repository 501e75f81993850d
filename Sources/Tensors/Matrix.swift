/// Anything an operation can read as rows of features: a whole tensor, or a view of one.
public protocol Matrix: Sendable {
  /// The rows and columns meant, without copying.
  var view: TensorView { get }
}

/// A rectangle of a tensor seen as a matrix `[rows, columns]`: one projection of a fused one, the text
/// tokens of a joint sequence.
///
/// It holds the tensor by value; writing to that tensor while a view of it lives copies it.
public struct TensorView: Matrix {
  let tensor: Tensor
  /// Rows of the tensor that are read.
  public let rows: Range<Int>
  /// Columns of the tensor that are read.
  public let columns: Range<Int>
  /// Itself.
  public var view: TensorView { self }
}

extension Tensor: Matrix {
  /// All rows and columns.
  public var view: TensorView { self[rows: 0..<rows, columns: 0..<columns] }

  /// Some columns of every row.
  public subscript(columns columns: Range<Int>) -> TensorView {
    self[rows: 0..<rows, columns: columns]
  }

  /// Some rows, whole.
  public subscript(rows rows: Range<Int>) -> TensorView {
    self[rows: rows, columns: 0..<columns]
  }

  /// A rectangle.
  /// - Precondition: It lies inside the tensor.
  public subscript(rows rows: Range<Int>, columns columns: Range<Int>) -> TensorView {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= self.rows
        && columns.lowerBound >= 0 && columns.upperBound <= self.columns,
      "view [\(rows), \(columns)] of a tensor \(shape)")
    return TensorView(tensor: self, rows: rows, columns: columns)
  }
}
