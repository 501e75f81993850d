public import Tensors

/// An encoded prompt.
///
/// It depends on the prompt alone, so that it can be cached.
public struct PromptEmbedding: Sendable {
  /// The text encoder's hidden states, padding included, `[L, jointAttentionDim]`.
  public let hiddenStates: Tensor
}

/// A prompt, and the negative prompt that it is guided away from, usually the empty one (spec §8).
package struct GuidedPrompt: Sendable {
  /// The prompt.
  let conditional: PromptEmbedding
  /// The negative prompt; absent without guidance.
  let unconditional: PromptEmbedding?
  /// The guidance scale; 1 is no guidance.
  let scale: Float
}

/// The transformer's conditioning of both prompts.
struct GuidedConditioning: Sendable {
  let conditional: Conditioning
  let unconditional: Conditioning?
  let scale: Float
}

/// The conditioning of a render's steps: the same for all, unless the model has an expert for low noise.
package struct RenderConditioning: Sendable {
  let usual: GuidedConditioning
  /// With the expert's adapter; nil without one.
  let lowNoise: GuidedConditioning?
  /// The noise level, 0…1, below which `lowNoise` is used.
  let boundary: Float

  /// Returns the conditioning of the step at a noise level.
  func conditions(at timestep: Float) -> GuidedConditioning {
    timestep < boundary ? lowNoise ?? usual : usual
  }
}
