/// Wall-clock seconds of repeated runs of one operation.
struct Samples {
  private let sorted: [Double]

  /// Runs `body` once unmeasured, then until half a second or `limit` runs have passed.
  init(limit: Int = 200, _ body: () -> Void) {
    body()
    let clock = ContinuousClock()
    var seconds: [Double] = []
    var total = 0.0
    while seconds.count < 5 || (total < 0.5 && seconds.count < limit) {
      let elapsed = clock.measure(body)
      let (whole, fraction) = elapsed.components
      seconds.append(Double(whole) + Double(fraction) * 1e-18)
      total += seconds[seconds.count - 1]
    }
    sorted = seconds.sorted()
  }

  /// The middle run.
  var median: Double { sorted[sorted.count / 2] }
  /// The run that 95 of 100 beat.
  var percentile95: Double { sorted[min(sorted.count - 1, sorted.count * 95 / 100)] }

  /// Median and 95th percentile, and the rate at which `operations` were done.
  func report(operations: Double) -> String {
    let rate = (operations / median / 1e9 * 10).rounded() / 10
    return
      "\(rate) GFLOP/s, median \(milliseconds(median)) ms, p95 \(milliseconds(percentile95)) ms"
  }

  private func milliseconds(_ seconds: Double) -> Double { (seconds * 1e5).rounded() / 100 }
}
