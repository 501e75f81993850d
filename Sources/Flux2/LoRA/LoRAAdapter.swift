public import Tensors

/// A low-rank change of some of the transformer's linear layers: `W' = W + strength · scale · B·A` (spec
/// §10).
/// - Note: Hu et al., *LoRA: Low-Rank Adaptation of Large Language Models*, arXiv:2106.09685.
public struct LoRAAdapter: Sendable {
  /// The change of one linear layer.
  public struct Pair: Sendable {
    /// `A`, from the layer's input to the rank, `[r, C]`.
    public let down: WeightTensor
    /// `B`, from the rank to the layer's output, `[D, r]`.
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
  /// The changes by the module path that diffusers gives the layer.
  public let pairs: [String: Pair]
  /// Warnings about its files.
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

/// A warning about an adapter's files, for the user.
public struct AdapterWarning: Sendable, Equatable {
  /// The kinds of warning.
  public enum Kind: Sendable {
    /// Sources disagree about its scale or ranks.
    case scaleConflict
    /// A key or a pattern of its configuration has no effect.
    case keyIgnored
    /// A key of its configuration is there twice.
    case keyRepeated
  }

  /// The kind of warning.
  public let kind: Kind
  /// The message, without the file's name.
  public let message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}
