/// The difference between two arrays.
public struct Closeness: Sendable {
  /// The largest absolute difference; infinite where a value is not a number on one side only.
  public let maximum: Float
  /// The mean absolute difference.
  public let mean: Float
  /// The index of the largest difference, in row-major order.
  public let worst: Int
  /// The cosine of the angle between the arrays as vectors: 1 for the same direction, also of two zeros.
  public let cosine: Double

  /// Compares arrays of equal length.
  public init(_ actual: [Float], _ expected: [Float]) {
    precondition(actual.count == expected.count, "\(actual.count) and \(expected.count) elements")
    var (maximum, total, worst) = (Float(0), 0.0, 0)
    var (product, actualSquare, expectedSquare) = (0.0, 0.0, 0.0)
    for index in actual.indices {
      let difference = Self.difference(actual[index], expected[index])
      total += Double(difference)
      if difference > maximum { (maximum, worst) = (difference, index) }
      let (left, right) = (Double(actual[index]), Double(expected[index]))
      product += left * right
      actualSquare += left * left
      expectedSquare += right * right
    }
    let lengths = (actualSquare * expectedSquare).squareRoot()
    cosine = lengths == 0 ? (actualSquare == expectedSquare ? 1 : 0) : product / lengths
    self.maximum = maximum
    self.mean = Float(total / Double(max(actual.count, 1)))
    self.worst = worst
  }

  private static func difference(_ actual: Float, _ expected: Float) -> Float {
    if actual == expected || (actual.isNaN && expected.isNaN) { return 0 }
    let difference = abs(actual - expected)
    return difference.isNaN ? .infinity : difference
  }
}
