import Flux2
import Foundation

/// Shows on standard error how a rendering goes on.
struct ProgressDisplay {
  private enum Style {
    case bar
    case lines
    case none
  }

  /// The eye sees no more images a second as single ones.
  private static let interval = Duration.milliseconds(66)

  private let style: Style
  private let clock = ContinuousClock()
  private var stepsBegan: ContinuousClock.Instant?
  private var lastDrawn: ContinuousClock.Instant?
  private var lastStage: PipelineStage?
  private var lastStep = 0
  private var image = ""

  /// A bar on a terminal, lines elsewhere and on terminals whose cursor does not move, nothing if
  /// `isQuiet`.
  init(isQuiet: Bool) {
    style = isQuiet ? .none : Terminal.errorMovesCursor ? .bar : .lines
  }

  /// Shows that the model is being loaded.
  func showLoading() { write(ProgressLine(stage: "loading the model")) }

  /// Starts anew with an image.
  mutating func begin(image number: Int, of count: Int) {
    (stepsBegan, lastDrawn, lastStage, lastStep) = (nil, nil, nil, 0)
    image = count > 1 ? "image \(number) of \(count): " : ""
  }

  /// Shows how far the rendering has come.
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

  /// Lines are for stages and steps; a bar moves between them, too.
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
    // The width is asked for each time, since the window may have been resized. What an earlier line
    // left on a narrower window is cleared before.
    case .bar: Console.write("\r\u{1B}[K" + line.bar(columns: Terminal.errorColumns))
    case .lines: Console.report(line.plain)
    case .none: break
    }
  }
}

extension PipelineStage {
  /// The stage in words.
  fileprivate var label: String {
    switch self {
    case .encodingReferences: "looking at the images"
    case .encodingPrompt: "reading the prompt"
    case .denoising: "denoising"
    case .decoding: "decoding"
    }
  }
}
