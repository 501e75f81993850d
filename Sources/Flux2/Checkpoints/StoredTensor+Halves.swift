internal import Tensors

extension StoredTensor {
  /// A copy with the two halves of the rows exchanged, widened: for the one small matrix that BFL and
  /// diffusers store in different order.
  /// - Precondition: The number of rows is even and the elements are computable.
  func swappingHalves() -> StoredTensor {
    let rows = shape.first ?? 0
    precondition(rows % 2 == 0, "no halves of \(shape)")
    let (first, second) = (self.rows(0..<rows / 2), self.rows(rows / 2..<rows))
    return StoredTensor(
      Tensor(shape: shape, elements: second.widened().elements + first.widened().elements))
  }
}
