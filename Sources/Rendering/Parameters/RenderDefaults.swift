/// Defaults of a request that depend on how the model was trained.
public struct RenderDefaults: Sendable, Equatable {
  /// Denoising steps.
  public let stepCount: Int
  /// Classifier-free guidance.
  public let guidanceScale: Double
  /// With fewer steps than this, images stay unfinished.
  public let fewestSteps: Int

  /// Of models distilled to a few steps without guidance, as klein and the embedded one.
  public static let distilled = RenderDefaults(stepCount: 4, guidanceScale: 1, fewestSteps: 1)
  /// Of models that were not, as klein's base: the values of its model card.
  ///
  /// At 20 steps shapes are settled, and fewer are a mistake more often than a wish.
  public static let base = RenderDefaults(stepCount: 50, guidanceScale: 4, fewestSteps: 20)

  /// The defaults of a model that was distilled or was not.
  public static func of(distilled isDistilled: Bool) -> RenderDefaults {
    isDistilled ? .distilled : .base
  }
}
