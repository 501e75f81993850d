import Foundation

/// Seconds since a moment.
struct Stopwatch: Sendable {
  private let start = ContinuousClock.now

  /// Seconds that have passed.
  var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Blocks this thread until so many seconds have passed.
  func wait(until seconds: Double) {
    Thread.sleep(forTimeInterval: max(0, seconds - self.seconds))
  }
}
