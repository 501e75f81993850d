public import Tensors
public import Testing

/// Expects two tensors to agree in shape and, element by element, within a tolerance.
///
/// A failure names the worst element, both values there, the maximum and mean difference and the cosine.
/// - Parameters:
///   - actual: The computed tensor.
///   - expected: The reference.
///   - tolerance: The largest difference allowed.
///   - relative: Allowed in addition, times the largest magnitude in `expected`.
///   - label: The name of the comparison, for the message.
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
    \(closeness.mean), allowed \(allowed); cosine \(closeness.cosine)
    """, sourceLocation: sourceLocation)
}

/// Expects the output of one layer to agree with the reference, and prints how close it is.
///
/// Prints one line a layer, so that a run shows where differences arise and how they grow:
/// `double.1.text: cosine 0.9999999999, worst element [3, 17] got 0.5301, expected 0.5302`.
/// - Parameters:
///   - actual: The layer's output.
///   - expected: The reference's.
///   - tolerance: The largest difference allowed.
///   - relative: Allowed in addition, times the largest magnitude in `expected`.
///   - layer: The layer's name.
///   - sourceLocation: The caller's line.
public func expectLayer(
  _ actual: Tensor, _ expected: Tensor, tolerance: Float, relative: Float = 0, _ layer: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  if actual.shape == expected.shape, !expected.elements.isEmpty {
    let closeness = Closeness(actual.elements, expected.elements)
    let worst = closeness.worst
    print(
      """
      \(layer): cosine \(closeness.cosine), worst element \(indices(of: worst, in: expected.shape)) \
      got \(actual.elements[worst]), expected \(expected.elements[worst])
      """)
  }
  expectClose(
    actual, expected, tolerance: tolerance, relative: relative, layer,
    sourceLocation: sourceLocation)
}

private func indices(of position: Int, in shape: [Int]) -> [Int] {
  var (rest, result) = (position, [Int]())
  for extent in shape.reversed() {
    result.append(rest % extent)
    rest /= extent
  }
  return result.reversed()
}
