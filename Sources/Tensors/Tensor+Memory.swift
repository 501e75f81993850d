// The only place where a tensor's elements become pointers. Every pointer lives for one kernel call.
import CKernels

extension Tensor {
  /// A tensor whose elements `fill` writes, all of them.
  init(uninitialised shape: [Int], fill: (UnsafeMutablePointer<Float>) -> Void) {
    let count = shape.reduce(1, *)
    let elements = unsafe [Float](unsafeUninitializedCapacity: max(count, 1)) {
      buffer, initialised in
      if let base = buffer.baseAddress { unsafe fill(base) }
      initialised = count
    }
    self.init(shape: shape, elements: elements)
  }

  /// The whole tensor as writable rows.
  mutating func withRows(_ body: (iris_rows) -> Void) {
    let stride = columns
    unsafe elements.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe body(iris_rows(data: base, stride: stride))
    }
  }
}

extension TensorView {
  /// The rectangle as readable rows.
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
  /// The rows from an inner element on.
  func offset(row: Int, column: Int) -> iris_rows {
    unsafe iris_rows(data: data + row * stride + column, stride: stride)
  }
}

extension WeightTensor {
  /// The kernels' description of a stored matrix: everything but the outermost axis is one row.
  var stored: iris_stored {
    let stride = shape.dropFirst().reduce(1, *)
    return unsafe iris_stored(data: pointer, stride: stride, format: dtype.format)
  }
}

extension Device {
  /// Lends the elements of an optional tensor; `nil` becomes a null pointer.
  func withElements(_ tensor: Tensor?, _ body: (UnsafePointer<Float>?) -> Void) {
    guard let tensor else { return body(nil) }
    unsafe tensor.elements.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
  }
}
