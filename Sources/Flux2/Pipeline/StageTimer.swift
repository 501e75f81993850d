/// Reports a render's progress and keeps the time of its stages.
struct StageTimer {
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
  ///   - stepCount: Steps it has.
  ///   - blockCount: Blocks of a network that a step runs.
  ///   - body: Does it, and tells the meter what is done.
  /// - Throws: What `body` or the listener throws; a listener stops a render that way.
  mutating func run<Result>(
    _ stage: PipelineStage, stepCount: Int = 1, blockCount: Int,
    _ body: (inout StageMeter) throws -> Result
  ) throws -> Result {
    let start = ContinuousClock.now
    var meter = StageMeter(
      stage: stage, stepCount: stepCount, blockCount: blockCount, report: report)
    try meter.tell()
    let result = try body(&meter)
    let duration = (ContinuousClock.now - start) / .seconds(1)
    timings.append(StageTiming(stage: stage, seconds: duration))
    return result
  }
}

/// Counts what is done of a stage, and reports it.
struct StageMeter {
  fileprivate let stage: PipelineStage
  fileprivate let stepCount: Int
  fileprivate let blockCount: Int
  fileprivate let report: (PipelineProgress) throws -> Void
  /// Steps that are done.
  private(set) var step = 0
  private var block = 0

  fileprivate init(
    stage: PipelineStage, stepCount: Int, blockCount: Int,
    report: @escaping (PipelineProgress) throws -> Void
  ) {
    self.stage = stage
    self.stepCount = stepCount
    self.blockCount = blockCount
    self.report = report
  }

  /// A block of the network is done.
  mutating func blockDone() throws {
    block = min(block + 1, blockCount)
    try tell()
  }

  /// A step is done, with all its blocks.
  mutating func stepDone() throws {
    (step, block) = (step + 1, 0)
    try tell()
  }

  fileprivate func tell() throws {
    try report(
      PipelineProgress(
        stage: stage, step: step, stepCount: stepCount, block: block, blockCount: blockCount))
  }
}
