/// One line that says how far a picture is.
package struct ProgressLine: Equatable {
  /// What is being done.
  package let stage: String
  /// Denoising steps that are finished.
  package let finishedSteps: Int
  /// Denoising steps in all; 0 before they begin.
  package let stepCount: Int
  /// Seconds since the first step began.
  package let stepSeconds: Double

  package init(stage: String, finishedSteps: Int, stepCount: Int, stepSeconds: Double) {
    self.stage = stage
    self.finishedSteps = finishedSteps
    self.stepCount = stepCount
    self.stepSeconds = stepSeconds
  }

  /// Seconds until the last step is done, going by the steps finished.
  private var remainingSeconds: Double? {
    guard (1..<max(stepCount, 1)).contains(finishedSteps) else { return nil }
    return stepSeconds / Double(finishedSteps) * Double(stepCount - finishedSteps)
  }

  /// For a log: no bar, no cursor movement.
  package var plain: String {
    stepCount == 0 ? stage : "\(stage), \(counts)"
  }

  /// For a terminal, in place of the line before.
  package var bar: String {
    guard stepCount > 0 else { return stage }
    let width = 24
    let filled = width * finishedSteps / stepCount
    return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      + " \(counts), \(stage)"
  }

  private var counts: String {
    let eta = remainingSeconds.map { ", ETA \(Seconds.text($0))" } ?? ""
    return "step \(finishedSteps)/\(stepCount), \(Seconds.text(stepSeconds))\(eta)"
  }
}
