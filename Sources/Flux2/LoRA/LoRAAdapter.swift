public import Tensors

/// A low-rank change of some of the transformer's projections: `W' = W + strength · scale · B·A` (spec §10).
/// - Note: Hu et al., *LoRA: Low-Rank Adaptation of Large Language Models*, arXiv:2106.09685.
public struct LoRAAdapter: Sendable {
  /// The change of one projection.
  public struct Pair: Sendable {
    /// `A`, from the projection's input to the rank, `[r, C]`.
    public let down: WeightTensor
    /// `B`, from the rank to the projection's output, `[D, r]`.
    public let up: WeightTensor
    /// The file's own factor, `alpha / r` by the file's format.
    public let scale: Float

    /// Describes a change.
    public init(down: WeightTensor, up: WeightTensor, scale: Float) {
      self.down = down
      self.up = up
      self.scale = scale
    }
  }

  /// The file, for messages.
  public let name: String
  /// The changes by the module path that diffusers gives the projection.
  public let pairs: [String: Pair]

  /// What whoever uses it should know.
  public let warnings: [AdapterWarning]

  /// Wraps changes that fit the transformer.
  public init(
    name: String, pairs: [String: Pair], warnings: [AdapterWarning] = []
  ) {
    self.name = name
    self.pairs = pairs
    self.warnings = warnings
  }
}
