/// The parts of a render, in the order they run.
public enum PipelineStage: String, Sendable, CaseIterable, Comparable {
  /// References through the autoencoder.
  case encodingReferences
  /// Prompt through the text encoder.
  case encodingPrompt
  /// Steps of the transformer.
  case denoising
  /// Latents through the autoencoder.
  case decoding

  /// Returns whether one runs before the other.
  public static func < (left: PipelineStage, right: PipelineStage) -> Bool {
    (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
  }
}

/// The progress of a render.
///
/// Reported as a stage begins, after each block of a network, and after each step:
///
/// ```
/// decoding, step 0 of 1, block 0 of 20      the stage begins
/// decoding, step 0 of 1, block 1 of 20 …    fraction 0.05 …
/// decoding, step 1 of 1, block 0 of 20      the stage is done, fraction 1
/// ```
public struct PipelineProgress: Sendable, Equatable {
  /// The stage that runs.
  public let stage: PipelineStage
  /// Steps of the stage that are done, 0 as it begins.
  public let step: Int
  /// Steps of the stage: denoising steps, images to encode; otherwise 1.
  public let stepCount: Int
  /// Blocks of the network that are done in the current step: layers, and halves of residual blocks.
  public let block: Int
  /// Blocks of one step, at most; a step whose result is cached runs none.
  public let blockCount: Int

  /// The share of the stage that is done, 0…1; never falls within a stage.
  public var fraction: Double {
    let part = blockCount > 0 ? Double(block) / Double(blockCount) : 0
    return min((Double(step) + part) / Double(max(stepCount, 1)), 1)
  }

  /// Describes a state.
  public init(
    stage: PipelineStage, step: Int, stepCount: Int, block: Int = 0, blockCount: Int = 0
  ) {
    self.stage = stage
    self.step = step
    self.stepCount = stepCount
    self.block = block
    self.blockCount = blockCount
  }
}

/// The duration of a stage of a render.
public struct StageTiming: Sendable, Equatable {
  /// The stage.
  public let stage: PipelineStage
  /// Its wall-clock time.
  public let seconds: Double

  /// Describes a time.
  public init(stage: PipelineStage, seconds: Double) {
    self.stage = stage
    self.seconds = seconds
  }
}

/// Reports a render's progress and measures its stages.
struct StageTimer {
  private let report: (PipelineProgress) throws -> Void
  /// The stages that are over.
  private(set) var timings: [StageTiming] = []

  /// - Parameter report: Called with each state of the render.
  init(reporting report: @escaping (PipelineProgress) throws -> Void) {
    self.report = report
  }

  /// Runs a stage.
  /// - Parameters:
  ///   - stage: The stage to report.
  ///   - stepCount: The number of its steps.
  ///   - blockCount: The blocks of a network that a step runs.
  ///   - body: Runs the stage, and counts blocks and steps on the meter.
  /// - Throws: Errors of `body` and of the listener, which stops a render that way.
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

/// Counts the steps and blocks of a stage that are done, and reports them.
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

  /// Counts a block of the network.
  mutating func blockDone() throws {
    block = min(block + 1, blockCount)
    try tell()
  }

  /// Counts a step, with all its blocks.
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
