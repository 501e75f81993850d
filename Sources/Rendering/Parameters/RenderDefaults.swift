/// Defaults of a request that depend on the model's training.
public struct RenderDefaults: Sendable, Equatable {
  /// Denoising steps.
  public let stepCount: Int
  /// Classifier-free guidance scale.
  public let guidanceScale: Double
  /// Images of fewer steps remain unfinished.
  public let fewestSteps: Int

  /// Defaults of models distilled to a few steps without guidance, such as klein and the embedded
  /// one.
  public static let distilled = RenderDefaults(stepCount: 4, guidanceScale: 1, fewestSteps: 1)
  /// Defaults of undistilled models, such as klein's base; the values of its model card.
  ///
  /// At 20 steps shapes are settled; fewer are usually a mistake.
  public static let base = RenderDefaults(stepCount: 50, guidanceScale: 4, fewestSteps: 20)

  /// Returns the defaults of a distilled or undistilled model.
  public static func of(distilled isDistilled: Bool) -> RenderDefaults {
    isDistilled ? .distilled : .base
  }
}
