/// Durations of one operation, measured many times.
package struct Latencies: Sendable {
  private let sorted: [Double]

  /// - Parameter seconds: Each time.
  package init(_ seconds: [Double]) { sorted = seconds.sorted() }

  /// The number of measurements.
  package var count: Int { sorted.count }

  /// The seconds that a share of all stays below, the nearest rank; 0 when there are none.
  package func quantile(_ share: Double) -> Double {
    guard !sorted.isEmpty else { return 0 }
    let rank = Int((Double(sorted.count) * share).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1]
  }
}

extension Latencies: CustomStringConvertible {
  package var description: String {
    func milliseconds(_ share: Double) -> String {
      "\((quantile(share) * 1e5).rounded() / 100)"
    }
    return "p50 \(milliseconds(0.5)) ms, p99 \(milliseconds(0.99)) ms, "
      + "max \(milliseconds(1)) ms (\(count))"
  }
}
