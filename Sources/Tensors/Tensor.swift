/// A dense float32 array in row-major order: the activations of every model.
///
/// A value: copies are cheap until one of them is written to. Images are channels-last, so that a latent
/// image `[H, W, C]` and its token sequence `[H·W, C]` are the same elements.
public struct Tensor: Sendable, Equatable {
  /// The extent of each axis, outermost first.
  public private(set) var shape: [Int]
  /// The elements, `shape.product` of them.
  public var elements: [Float] {
    // Naming `oldValue` here would make every in-place write copy the whole array first.
    didSet {
      precondition(shape.reduce(1, *) == elements.count, "a tensor's element count is fixed")
    }
  }

  /// Wraps elements that are already in row-major order.
  /// - Precondition: `elements.count` equals the product of `shape`.
  public init(shape: [Int], elements: [Float]) {
    precondition(
      shape.reduce(1, *) == elements.count,
      "shape \(shape) does not describe \(elements.count) elements")
    self.shape = shape
    self.elements = elements
  }

  /// A tensor of zeros.
  public init(zeros shape: [Int]) {
    self.init(shape: shape, elements: [Float](repeating: 0, count: shape.reduce(1, *)))
  }

  /// The extent of the last axis: features of a token, channels of a pixel.
  public var columns: Int { shape.last ?? 1 }
  /// The product of all axes but the last: tokens, pixels.
  public var rows: Int { shape.dropLast().reduce(1, *) }

  /// The same elements under another shape.
  /// - Precondition: Both shapes have the same number of elements.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(
      shape.reduce(1, *) == elements.count, "cannot view \(self.shape) as \(shape)")
    var result = self
    result.shape = shape
    return result
  }

  /// A copy of some rows of a matrix, `[range.count, columns]`.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of a tensor \(shape)")
    let slice = elements[range.lowerBound * columns..<range.upperBound * columns]
    return Tensor(shape: [range.count, columns], elements: Array(slice))
  }

  /// Stacks matrices of equal width on top of each other, `[sum of rows, columns]`.
  public static func stack(_ parts: [Tensor]) -> Tensor {
    let columns = parts.first?.columns ?? 0
    var elements: [Float] = []
    elements.reserveCapacity(parts.reduce(0) { $0 + $1.elements.count })
    for part in parts {
      precondition(part.columns == columns, "cannot stack \(part.shape) under width \(columns)")
      elements += part.elements
    }
    return Tensor(shape: [parts.reduce(0) { $0 + $1.rows }, columns], elements: elements)
  }
}

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
