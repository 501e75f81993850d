/// The time of one render and of its steps; belongs to the render's thread.
final class RenderClock {
  private let start = ContinuousClock.now
  private var firstStep: ContinuousClock.Instant?
  private var lastStep: ContinuousClock.Instant?
  private var stepCount = 0

  /// A step is done.
  func finishStep() {
    let now = ContinuousClock.now
    firstStep = firstStep ?? now
    lastStep = now
    stepCount += 1
  }

  /// Seconds since it began.
  var totalSeconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// How fast the steps after the first were; the first includes all that comes before steps.
  var stepsPerSecond: Double? {
    guard let firstStep, let lastStep, lastStep > firstStep else { return nil }
    return Double(stepCount - 1) / ((lastStep - firstStep) / .seconds(1))
  }
}
