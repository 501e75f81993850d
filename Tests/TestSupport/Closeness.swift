/// How far two arrays are apart.
public struct Closeness: Sendable {
  /// The largest absolute difference; infinite where a value is not a number on one side only.
  public let maximum: Float
  /// The mean absolute difference.
  public let mean: Float
  /// Where the largest difference is, in row-major order.
  public let worst: Int

  /// Compares arrays of equal length.
  public init(_ actual: [Float], _ expected: [Float]) {
    precondition(actual.count == expected.count, "\(actual.count) and \(expected.count) elements")
    var (maximum, total, worst) = (Float(0), 0.0, 0)
    for index in actual.indices {
      let difference = Self.difference(actual[index], expected[index])
      total += Double(difference)
      if difference > maximum { (maximum, worst) = (difference, index) }
    }
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
