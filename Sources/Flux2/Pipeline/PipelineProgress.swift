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
public struct PipelineProgress: Sendable, Equatable {
  /// What is being done.
  public let stage: PipelineStage
  /// Parts of the stage that are done, 0 as it begins; stages of one part do not report their end.
  public let step: Int
  /// Parts of the stage: denoising steps, references; otherwise 1.
  public let stepCount: Int

  /// Describes a state.
  public init(stage: PipelineStage, step: Int, stepCount: Int) {
    self.stage = stage
    self.step = step
    self.stepCount = stepCount
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
