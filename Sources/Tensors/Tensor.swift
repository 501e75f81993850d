/// A dense float32 array in row-major order; holds the activations of the models.
///
/// A value type: copying is cheap until one copy is written to. Images are channels-last, so that a
/// latent image `[H, W, C]` and its token sequence `[H·W, C]` have the same elements.
public struct Tensor: Sendable, Equatable {
  /// The extent of each axis, outermost first.
  public private(set) var shape: [Int]
  /// The elements, `shape.product` of them.
  public var elements: [Float] {
    // Mentioning `oldValue` here would make every in-place write copy the whole array first.
    didSet {
      precondition(shape.reduce(1, *) == elements.count, "a tensor's element count is fixed")
    }
  }

  /// Creates a tensor from elements in row-major order.
  /// - Precondition: `elements.count` equals the product of `shape`.
  public init(shape: [Int], elements: [Float]) {
    precondition(
      shape.reduce(1, *) == elements.count,
      "shape \(shape) does not describe \(elements.count) elements")
    self.shape = shape
    self.elements = elements
  }

  /// Creates a tensor of zeros.
  public init(zeros shape: [Int]) {
    self.init(shape: shape, elements: [Float](repeating: 0, count: shape.reduce(1, *)))
  }

  /// The extent of the last axis: the features of a token, the channels of a pixel.
  public var columns: Int { shape.last ?? 1 }
  /// The product of all axes but the last: the number of tokens or pixels.
  public var rows: Int { shape.dropLast().reduce(1, *) }

  /// Returns the same elements in another shape.
  /// - Precondition: Both shapes have the same number of elements.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(
      shape.reduce(1, *) == elements.count, "cannot view \(self.shape) as \(shape)")
    var result = self
    result.shape = shape
    return result
  }

  /// Drops the last elements: the first ones become a tensor of another shape, in the same memory.
  mutating func keepFirst(_ shape: [Int]) {
    let count = shape.reduce(1, *)
    precondition(count <= elements.count, "\(self.shape) has not the elements of \(shape)")
    self.shape = shape
    elements.removeLast(elements.count - count)
  }

  /// Returns a copy of some rows of a matrix, `[range.count, columns]`.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of a tensor \(shape)")
    let slice = elements[range.lowerBound * columns..<range.upperBound * columns]
    return Tensor(shape: [range.count, columns], elements: Array(slice))
  }

  /// Concatenates matrices of equal width along the rows, `[sum of rows, columns]`.
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

/// An operand that is read as rows of features: a whole tensor, or a view of one.
public protocol Matrix: Sendable {
  /// The rows and columns to read, without a copy.
  var view: TensorView { get }
}

/// A rectangle of a tensor seen as a matrix `[rows, columns]`, for example one projection of a
/// fused one, or the text tokens of a joint sequence.
///
/// It holds the tensor by value; writing to the tensor during the view's lifetime copies it.
public struct TensorView: Matrix {
  let tensor: Tensor
  /// The rows of the tensor that belong to the view.
  public let rows: Range<Int>
  /// The columns of the tensor that belong to the view.
  public let columns: Range<Int>
  /// The view itself.
  public var view: TensorView { self }

  /// Some rows of the view, counted from its first.
  package func rows(_ range: Range<Int>) -> TensorView {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= rows.count, "rows \(range) of \(rows)")
    return TensorView(
      tensor: tensor, rows: rows.lowerBound + range.lowerBound..<rows.lowerBound + range.upperBound,
      columns: columns)
  }

  /// A copy of the rectangle, `[rows, columns]`.
  package func copied() -> Tensor {
    var elements: [Float] = []
    elements.reserveCapacity(rows.count * columns.count)
    for row in rows {
      let start = row * tensor.columns
      elements += tensor.elements[start + columns.lowerBound..<start + columns.upperBound]
    }
    return Tensor(shape: [rows.count, columns.count], elements: elements)
  }
}

extension Tensor: Matrix {
  /// All rows and columns.
  public var view: TensorView { self[rows: 0..<rows, columns: 0..<columns] }

  /// A view of some columns, in all rows.
  public subscript(columns columns: Range<Int>) -> TensorView {
    self[rows: 0..<rows, columns: columns]
  }

  /// A view of some rows, in all columns.
  public subscript(rows rows: Range<Int>) -> TensorView {
    self[rows: rows, columns: 0..<columns]
  }

  /// A view of a rectangle.
  /// - Precondition: The rectangle lies inside the tensor.
  public subscript(rows rows: Range<Int>, columns columns: Range<Int>) -> TensorView {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= self.rows
        && columns.lowerBound >= 0 && columns.upperBound <= self.columns,
      "view [\(rows), \(columns)] of a tensor \(shape)")
    return TensorView(tensor: self, rows: rows, columns: columns)
  }
}
