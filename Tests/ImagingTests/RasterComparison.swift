import Imaging
import Testing

/// Fails unless two images have one size and no value differs by more than `tolerance`;
/// the failure names the worst pixel.
func expectEqual(
  _ actual: Raster, _ expected: Raster, tolerance: Int = 0, name: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.width == expected.width, actual.height == expected.height else {
    Issue.record(
      "\(name) \(actual.width)x\(actual.height) instead of \(expected.width)x\(expected.height)",
      sourceLocation: sourceLocation)
    return
  }
  var worst = (difference: 0, index: 0)
  var sum = 0
  for index in actual.pixels.indices {
    let difference = abs(Int(actual.pixels[index]) - Int(expected.pixels[index]))
    sum += difference
    if difference > worst.difference { worst = (difference, index) }
  }
  guard worst.difference > tolerance else { return }
  let pixel = worst.index / 3
  Issue.record(
    """
    \(name) worst at (\(pixel % actual.width), \(pixel / actual.width)) channel \(worst.index % 3): \
    \(actual.pixels[worst.index]) instead of \(expected.pixels[worst.index]); \
    mean difference \(Double(sum) / Double(actual.pixels.count))
    """,
    sourceLocation: sourceLocation)
}
