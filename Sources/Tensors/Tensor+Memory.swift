// The only file that turns a tensor's elements into pointers. Each pointer is valid for one kernel
// call.
import CKernels

extension Tensor {
  /// Creates a tensor whose elements are all written by `fill`.
  init(uninitialised shape: [Int], fill: (UnsafeMutablePointer<Float>) -> Void) {
    let count = shape.reduce(1, *)
    let elements = unsafe [Float](unsafeUninitializedCapacity: max(count, 1)) {
      buffer, initialised in
      if let base = buffer.baseAddress { unsafe fill(base) }
      initialised = count
    }
    self.init(shape: shape, elements: elements)
  }

  /// Creates a tensor of unknown elements, all of which are written before any is read.
  public init(unwritten shape: [Int]) {
    unsafe self.init(uninitialised: shape) { _ in }
  }

  /// Calls `body` with the whole tensor as writable rows.
  mutating func withRows(_ body: (iris_rows) -> Void) {
    let stride = columns
    unsafe elements.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe body(iris_rows(data: base, stride: stride))
    }
  }
}

extension Tensor {
  /// Adds a matrix to a rectangle: `self[row…, column…] = (accumulate ? self : 0) + scale · part`.
  package mutating func add(
    _ part: TensorView, scale: Float = 1, accumulate: Bool = true, row: Int, column: Int
  ) {
    precondition(
      row + part.rows.count <= rows && column + part.columns.count <= columns,
      "\(part.rows.count) rows of \(part.columns.count) at [\(row), \(column)] of \(shape)")
    unsafe withRows { target in
      unsafe part.withRows { source in
        for index in 0..<part.rows.count {
          let from = unsafe source.data + index * source.stride
          let to = unsafe target.data + (row + index) * target.stride + column
          for place in 0..<part.columns.count {
            unsafe to[place] = (accumulate ? to[place] : 0) + scale * from[place]
          }
        }
      }
    }
  }
}

/// Images, `[H, W, C]`.
extension Tensor {
  /// Returns a copy of some rows of pixels.
  public func imageRows(_ range: Range<Int>) -> Tensor {
    precondition(shape.count == 3, "rows of an image \(shape)")
    let width = shape[1]
    return rows(range.lowerBound * width..<range.upperBound * width)
      .reshaped([range.count, width, columns])
  }

  /// Replaces rows of pixels.
  /// - Parameters:
  ///   - row: The first row that is replaced.
  ///   - image: The rows, of the same width and channels.
  public mutating func replaceImageRows(from row: Int, by image: Tensor) {
    precondition(
      shape.count == 3 && image.shape.dropFirst() == shape.dropFirst()
        && row + image.shape[0] <= shape[0], "rows \(image.shape) of an image \(shape)")
    let (start, count) = (row * shape[1] * columns, image.elements.count)
    unsafe withRows { target in
      unsafe image.elements.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        unsafe (target.data + start).update(from: base, count: count)
      }
    }
  }

  /// Returns this image with another one of the same width and channels below it.
  public func stackedOn(_ other: Tensor) -> Tensor {
    precondition(shape.count == 3 && other.shape.dropFirst() == shape.dropFirst())
    return Tensor(
      shape: [shape[0] + other.shape[0], shape[1], columns], elements: elements + other.elements)
  }
}

extension TensorView {
  /// Calls `body` with the rectangle as readable rows.
  func withRows(_ body: (iris_const_rows) -> Void) {
    let stride = tensor.columns
    let start = rows.lowerBound * stride + columns.lowerBound
    unsafe tensor.elements.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe body(iris_const_rows(data: base + start, stride: stride))
    }
  }
}

extension iris_rows {
  /// Returns the rows that start at an inner element.
  func offset(row: Int, column: Int) -> iris_rows {
    unsafe iris_rows(data: data + row * stride + column, stride: stride)
  }
}

extension WeightTensor {
  /// The tensor as a stored matrix for the kernels: one row per entry of the outermost axis.
  var stored: iris_stored {
    var stored = unsafe iris_stored()
    unsafe stored.data = unsafe UnsafeRawPointer(pointer)
    unsafe stored.stride = shape.dropFirst().reduce(1, *)
    unsafe stored.format = encoding?.format.kernelFormat ?? dtype.format
    if let encoding { unsafe stored.encoding = encoding.stored }
    if case .panels(let firstRow) = quantization?.layout {
      unsafe stored.format = IRIS_INT8_PANELS
      unsafe stored.encoding.first_row = firstRow
    }
    return unsafe stored
  }
}

extension Device {
  /// Calls `body` with the elements of an optional tensor; `nil` becomes a null pointer.
  func withElements(_ tensor: Tensor?, _ body: (UnsafePointer<Float>?) -> Void) {
    guard let tensor else { return body(nil) }
    unsafe tensor.elements.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
  }
}
