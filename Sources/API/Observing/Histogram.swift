/// How many values lie below each of some bounds, as Prometheus counts them.
struct Histogram: Sendable {
  /// From a cached image of a small model to the render deadline, in seconds.
  static let seconds: [Double] = [
    0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
  ]

  private let bounds: [Double]
  private var counts: [Int]
  private var sum = 0.0
  private var count = 0

  init(bounds: [Double] = Histogram.seconds) {
    self.bounds = bounds
    counts = [Int](repeating: 0, count: bounds.count)
  }

  /// Adds a value.
  mutating func record(_ value: Double) {
    sum += value
    count += 1
    if let index = bounds.firstIndex(where: { value <= $0 }) { counts[index] += 1 }
  }

  /// The lines of the text format.
  func lines(_ name: String) -> [String] {
    var total = 0
    var lines: [String] = []
    for (bound, count) in zip(bounds, counts) {
      total += count
      lines.append("\(name)_bucket{le=\"\(bound)\"} \(total)")
    }
    return lines + [
      "\(name)_bucket{le=\"+Inf\"} \(count)", "\(name)_sum \(sum)", "\(name)_count \(count)",
    ]
  }
}
