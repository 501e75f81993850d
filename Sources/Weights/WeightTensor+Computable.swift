public import Tensors

extension WeightTensor {
  /// Returns the tensor in a type that is multiplied in place: floats of 8 bits and of double precision become float32.
  /// - Returns: Itself where it has such a type, else a copy; nil for integers.
  public func computable() -> WeightTensor? {
    guard isComputable else { return nil }
    return isDirect ? self : WeightTensor(widened())
  }
}
