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

  /// Whether one runs before the other.
  public static func < (left: PipelineStage, right: PipelineStage) -> Bool {
    (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
  }
}

/// How far a render has come.
///
/// Told as a stage begins, after each block of a network, and after each step:
///
/// ```
/// decoding, step 0 of 1, block 0 of 20      the stage begins
/// decoding, step 0 of 1, block 1 of 20 …    fraction 0.05 …
/// decoding, step 1 of 1, block 0 of 20      the stage is done, fraction 1
/// ```
public struct PipelineProgress: Sendable, Equatable {
  /// What is being done.
  public let stage: PipelineStage
  /// Steps of the stage that are done, 0 as it begins.
  public let step: Int
  /// Steps of the stage: denoising steps, images to encode; otherwise 1.
  public let stepCount: Int
  /// Blocks of the network that are done of the step under way: layers, and halves of residual blocks.
  public let block: Int
  /// Blocks of one step, at most; a step whose result was kept from an earlier render runs none.
  public let blockCount: Int

  /// How much of the stage is done, 0…1; never falls within a stage.
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

/// How long a stage of a render took.
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
