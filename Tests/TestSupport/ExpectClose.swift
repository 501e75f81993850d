public import Tensors
public import Testing

/// Expects two tensors to agree in shape and, element by element, within a tolerance.
///
/// A failure names the worst element, both values there, and the maximum and mean difference.
/// - Parameters:
///   - actual: What was computed.
///   - expected: The reference.
///   - tolerance: The largest difference allowed.
///   - relative: Allowed in addition, times the largest magnitude in `expected`.
///   - label: What is compared, for the message.
///   - sourceLocation: The caller's line.
public func expectClose(
  _ actual: Tensor, _ expected: Tensor, tolerance: Float, relative: Float = 0, _ label: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.shape == expected.shape else {
    Issue.record(
      "\(label) has the shape \(actual.shape), the reference \(expected.shape)",
      sourceLocation: sourceLocation)
    return
  }
  let largest = expected.elements.reduce(0) { max($0, abs($1)) }
  let allowed = tolerance + relative * largest
  let closeness = Closeness(actual.elements, expected.elements)
  guard !(closeness.maximum <= allowed) else { return }
  let index = indices(of: closeness.worst, in: expected.shape)
  Issue.record(
    """
    \(label): element \(index) is \(actual.elements[closeness.worst]), the reference \
    \(expected.elements[closeness.worst]); largest difference \(closeness.maximum), mean \
    \(closeness.mean), allowed \(allowed)
    """, sourceLocation: sourceLocation)
}

private func indices(of position: Int, in shape: [Int]) -> [Int] {
  var (rest, result) = (position, [Int]())
  for extent in shape.reversed() {
    result.append(rest % extent)
    rest /= extent
  }
  return result.reversed()
}
