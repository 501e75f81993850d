/// One line that says how far an image is.
package struct ProgressLine: Equatable {
  /// What is being done.
  package let stage: String
  /// How much of the stage is done, 0 to 1; nil for a stage that does not say.
  package let fraction: Double?
  /// Denoising steps that are finished.
  package let finishedSteps: Int
  /// Denoising steps in all; 0 before and after them.
  package let stepCount: Int
  /// Seconds since the first step began.
  package let stepSeconds: Double

  package init(
    stage: String, fraction: Double? = nil, finishedSteps: Int = 0, stepCount: Int = 0,
    stepSeconds: Double = 0
  ) {
    self.stage = stage
    self.fraction = fraction
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
    stepCount == 0 ? stage : "\(stage), \(counts)\(remaining)"
  }

  private static let barWidths = (smallest: 6, largest: 24)

  /// For a terminal, in place of the line before.
  ///
  /// The last column stays free: many terminals begin a new line once it is written to.
  /// - Parameter columns: The terminal's width; the line is shorter.
  package func bar(columns: Int) -> String {
    let room = max(0, columns - 1)
    // Room for a bar is worth more than the longest words.
    let bar = fraction == nil ? 0 : Self.barWidths.smallest + 1
    let words =
      words.first { $0.utf8.count + bar <= room } ?? words.first { $0.utf8.count <= room }
      ?? prefix(of: stage, room)
    guard let fraction else { return words }
    let width = min(room - words.utf8.count - 1, Self.barWidths.largest)
    guard width >= Self.barWidths.smallest else { return words }
    let filled = min(width, max(0, Int(Double(width) * fraction)))
    return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      + " " + words
  }

  /// What to say, the longest first; all of it ASCII.
  private var words: [String] {
    let percent = fraction.map { " \(Int(min(max($0, 0), 1) * 100)) %" } ?? ""
    guard stepCount > 0 else { return [stage + percent, stage] }
    return [
      "\(counts)\(remaining), \(stage)", "\(counts)\(remaining)", counts,
      "step \(finishedSteps)/\(stepCount)", "\(finishedSteps)/\(stepCount)",
    ]
  }

  private func prefix(of text: String, _ count: Int) -> String {
    String(decoding: text.utf8.prefix(count), as: UTF8.self)
  }

  private var remaining: String { remainingSeconds.map { ", ETA \(Seconds.text($0))" } ?? "" }

  private var counts: String {
    "step \(finishedSteps)/\(stepCount), \(Seconds.text(stepSeconds))"
  }
}
