import Flux2

/// Shows on standard error how a rendering goes on.
struct ProgressDisplay {
  private enum Style {
    case bar
    case lines
    case none
  }

  private let style: Style
  private let clock = ContinuousClock()
  private var stepsBegan: ContinuousClock.Instant?
  private var steps = (finished: 0, count: 0)

  /// A bar on a terminal, lines elsewhere, nothing if `isQuiet`.
  init(isQuiet: Bool) {
    style = isQuiet ? .none : Console.errorIsTerminal ? .bar : .lines
  }

  /// Shows that the model is being loaded.
  func showLoading() { show("loading the model") }

  /// Shows how far the rendering has come.
  mutating func show(_ progress: PipelineProgress) {
    guard progress.block == 0, progress.stage == .denoising || progress.step == 0 else { return }
    steps = (0, 0)
    if progress.stage == .denoising {
      if stepsBegan == nil { stepsBegan = clock.now }
      steps = (progress.step, progress.stepCount)
    }
    show(progress.stage.label)
  }

  /// Removes the bar.
  func clear() {
    if style == .bar { Console.write("\r\u{1B}[K") }
  }

  private func show(_ stage: String) {
    let line = ProgressLine(
      stage: stage, finishedSteps: steps.finished, stepCount: steps.count,
      stepSeconds: stepsBegan.map { $0.duration(to: clock.now) / .seconds(1) } ?? 0)
    switch style {
    case .bar: Console.write("\r" + line.bar + "\u{1B}[K")
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
