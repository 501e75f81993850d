import Glibc

/// The processor time of a thread, which does not count what else the machine is doing.
public enum ProcessorTime {
  /// The pairs of measurements after which work counts as too expensive.
  private static let tries = 20

  /// Compares work with other work that is measured beside it, again and again: a processor that is slow, or that
  /// others disturb for a moment, slows both.
  /// - Parameters:
  ///   - work: The work that must take less than `factor` times as long as the other.
  ///   - unit: The other.
  /// - Returns: Nil if it does; the least times of both otherwise.
  public static func excess(
    of work: () throws -> Void, over factor: Double, times unit: () throws -> Void
  ) rethrows -> String? {
    var (least, leastUnit) = (Double.infinity, Double.infinity)
    for _ in 0..<tries {
      leastUnit = min(leastUnit, try seconds(unit))
      least = min(least, try seconds(work))
      if least < factor * leastUnit { return nil }
    }
    return "\(least) s against \(leastUnit) s"
  }

  private static func seconds(_ work: () throws -> Void) rethrows -> Double {
    let start = now()
    try work()
    return now() - start
  }

  private static func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
