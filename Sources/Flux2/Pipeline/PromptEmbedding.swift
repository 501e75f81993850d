public import Tensors

/// A prompt as the transformer sees it.
///
/// A value that depends on the prompt alone, so that it can be kept and used again.
public struct PromptEmbedding: Sendable {
  /// The text encoder's hidden states, padding included, `[L, jointAttentionDim]`.
  public let hiddenStates: Tensor
  /// Tokens of the prompt inside its chat template, without padding.
  public let tokenCount: Int
}
