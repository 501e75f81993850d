/// Wall-clock seconds of repeated runs of one operation.
public struct Samples: Sendable {
  private let sorted: [Double]

  /// Takes durations that were measured elsewhere.
  /// - Precondition: There is at least one.
  public init(seconds: [Double]) {
    precondition(!seconds.isEmpty, "no samples")
    sorted = seconds.sorted()
  }

  /// Runs `body` once unmeasured, then until half a second or `limit` runs have passed.
  public init(limit: Int = 200, _ body: () -> Void) {
    body()
    let clock = ContinuousClock()
    var seconds: [Double] = []
    var total = 0.0
    while seconds.count < 5 || (total < 0.5 && seconds.count < limit) {
      seconds.append(clock.measure(body) / .seconds(1))
      total += seconds[seconds.count - 1]
    }
    sorted = seconds.sorted()
  }

  /// The number of runs.
  public var count: Int { sorted.count }
  /// The middle run.
  public var median: Double { sorted[sorted.count / 2] }
  /// The fastest run, which other work on the machine disturbed least.
  public var best: Double { sorted[0] }
  /// The run that 95 of 100 beat.
  public var percentile95: Double { sorted[min(sorted.count - 1, sorted.count * 95 / 100)] }

  /// The run that 99 of 100 beat.
  public var percentile99: Double { sorted[min(sorted.count - 1, sorted.count * 99 / 100)] }

  /// Median and 95th percentile, and the rate at which `operations` were done.
  public func report(operations: Double) -> String {
    let rate = (operations / median / 1e9 * 10).rounded() / 10
    return
      "\(rate) GFLOP/s, median \(milliseconds(median)) ms, p95 \(milliseconds(percentile95)) ms"
  }

  private func milliseconds(_ seconds: Double) -> Double { (seconds * 1e5).rounded() / 100 }
}
