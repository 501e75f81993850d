/// Reports a render's progress and keeps the time of its stages.
struct StageClock {
  private let report: (PipelineProgress) throws -> Void
  /// The stages that are over.
  private(set) var timings: [StageTiming] = []

  /// - Parameter report: Is told how far the render has come.
  init(reporting report: @escaping (PipelineProgress) throws -> Void) {
    self.report = report
  }

  /// Runs a stage.
  /// - Parameters:
  ///   - stage: What is being done.
  ///   - stepCount: Parts it has.
  ///   - body: Does it; calls its argument after each part with the number of parts done.
  /// - Throws: What `body` or the listener throws; a listener stops a render that way.
  mutating func run<Result>(
    _ stage: PipelineStage, stepCount: Int = 1,
    _ body: (_ finished: (Int) throws -> Void) throws -> Result
  ) throws -> Result {
    let (start, report) = (ContinuousClock.now, report)
    try report(PipelineProgress(stage: stage, step: 0, stepCount: stepCount))
    let result = try body {
      try report(PipelineProgress(stage: stage, step: $0, stepCount: stepCount))
    }
    let duration = (ContinuousClock.now - start) / .seconds(1)
    timings.append(StageTiming(stage: stage, seconds: duration))
    return result
  }
}
