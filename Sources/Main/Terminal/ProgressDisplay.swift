import Flux2
import Foundation
import Tensors

/// Shows the progress of a render on standard error.
struct ProgressDisplay {
  private enum Style {
    case bar
    case lines
    case none
  }

  /// The minimum time between two redraws; more than 15 a second cannot be told apart.
  private static let interval = Duration.milliseconds(66)

  private let style: Style
  private let clock = ContinuousClock()
  private var stepsBegan: ContinuousClock.Instant?
  private var lastDrawn: ContinuousClock.Instant?
  private var lastStage: PipelineStage?
  private var lastStep = 0
  private var image = ""

  /// Draws a bar on a terminal, prints lines elsewhere and on terminals whose cursor does not move, and
  /// nothing if `isQuiet`.
  init(isQuiet: Bool) {
    style = isQuiet ? .none : Terminal.errorMovesCursor ? .bar : .lines
  }

  /// Shows that the model is being loaded.
  func showLoading() { write(ProgressLine(stage: "loading the model")) }

  /// Says in which precision the images are made, where it is not the reference's.
  func note(_ choice: PrecisionChoice) {
    guard style != .none, choice.precision != .float32 else { return }
    Console.report("renders in \(choice)")
  }

  /// Says what multiplies, where that is not Iris itself.
  func note(_ products: ProductChoice, in precision: Precision) {
    guard style != .none, products.isNotable(in: precision) else { return }
    Console.report("multiplies by \(products.description(in: precision))")
  }

  /// Shows the progress of anything but a render: its name, and the finished share of all of it.
  mutating func show(_ name: String, share: Double) {
    let now = clock.now
    if name == image {
      guard style == .bar, lastDrawn.map({ $0.duration(to: now) >= Self.interval }) ?? true
      else { return }
    }
    (image, lastDrawn) = (name, now)
    write(ProgressLine(stage: name, fraction: share))
  }

  /// Resets the display for the next image.
  mutating func begin(image number: Int, of count: Int) {
    (stepsBegan, lastDrawn, lastStage, lastStep) = (nil, nil, nil, 0)
    image = count > 1 ? "image \(number) of \(count): " : ""
  }

  /// Shows the state of the render.
  mutating func show(_ progress: PipelineProgress) {
    if progress.stage == .denoising, stepsBegan == nil { stepsBegan = clock.now }
    guard isWorthDrawing(progress) else { return }
    let isDenoising = progress.stage == .denoising
    write(
      ProgressLine(
        stage: image + progress.stage.label,
        fraction: progress.blockCount > 0 || isDenoising ? progress.fraction : nil,
        finishedSteps: isDenoising ? progress.step : 0,
        stepCount: isDenoising ? progress.stepCount : 0,
        stepSeconds: stepsBegan.map { $0.duration(to: clock.now) / .seconds(1) } ?? 0))
  }

  /// Lines are printed for stages and steps; the bar also moves between them.
  private mutating func isWorthDrawing(_ progress: PipelineProgress) -> Bool {
    defer { (lastStage, lastStep) = (progress.stage, progress.step) }
    if style == .lines {
      return progress.block == 0 && (progress.stage == .denoising || progress.step == 0)
    }
    let isNew = progress.stage != lastStage || progress.step != lastStep
    let now = clock.now
    if !isNew, let lastDrawn, lastDrawn.duration(to: now) < Self.interval { return false }
    lastDrawn = now
    return true
  }

  /// Removes the bar.
  func clear() {
    if style == .bar { Console.write("\r\u{1B}[K") }
  }

  private func write(_ line: ProgressLine) {
    switch style {
    // The width is queried each time, since the window may have been resized. The line is cleared first:
    // an earlier one may have wrapped in a narrower window.
    case .bar: Console.write("\r\u{1B}[K" + line.bar(columns: Terminal.errorColumns))
    case .lines: Console.report(line.plain)
    case .none: break
    }
  }
}

extension PipelineStage {
  /// The name of the stage for people.
  fileprivate var label: String {
    switch self {
    case .encodingReferences: "looking at the images"
    case .encodingPrompt: "reading the prompt"
    case .denoising: "denoising"
    case .decoding: "decoding"
    }
  }
}

/// One line of progress.
package struct ProgressLine: Equatable {
  /// The name of the stage.
  package let stage: String
  /// The finished part of the stage, 0 to 1; nil if unknown.
  package let fraction: Double?
  /// Denoising steps that are finished.
  package let finishedSteps: Int
  /// Denoising steps in all; 0 in the other stages.
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

  /// The estimated seconds until the last step is done.
  private var remainingSeconds: Double? {
    guard (1..<max(stepCount, 1)).contains(finishedSteps) else { return nil }
    return stepSeconds / Double(finishedSteps) * Double(stepCount - finishedSteps)
  }

  /// The line for a log: no bar, no cursor movement.
  package var plain: String {
    stepCount == 0 ? stage : "\(stage), \(counts)\(remaining)"
  }

  private static let barWidths = (smallest: 6, largest: 24)

  /// The line for a terminal, in place of the one before.
  ///
  /// The last column stays free: many terminals wrap once it is written to.
  /// - Parameter columns: The terminal's width.
  package func bar(columns: Int) -> String {
    let room = max(0, columns - 1)
    // A bar takes precedence over the longest words.
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

  /// The variants of the text, the longest first; all ASCII.
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

  private var remaining: String {
    remainingSeconds.map { ", ETA \(TextFormat.duration($0))" } ?? ""
  }

  private var counts: String {
    "step \(finishedSteps)/\(stepCount), \(TextFormat.duration(stepSeconds))"
  }
}
