internal import Tensors
internal import Weights

extension WeightTensor {
  /// A copy with the two halves of the rows exchanged: for the one small matrix that BFL and diffusers
  /// store in different order.
  /// - Precondition: The number of rows is even.
  func swappingHalves() -> WeightTensor {
    let rows = shape.first ?? 0
    precondition(rows % 2 == 0, "no halves of \(shape)")
    return .stacking([self.rows(rows / 2..<rows), self.rows(0..<rows / 2)])
  }
}
