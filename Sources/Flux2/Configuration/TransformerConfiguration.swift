import JSON
import Text

/// The shape of the denoising transformer, `transformer/config.json` (spec §1.2).
public struct TransformerConfiguration: Sendable, Equatable {
  /// Blocks with separate weights for text and image.
  public let doubleBlockCount: Int
  /// Blocks that treat text and image alike.
  public let singleBlockCount: Int
  /// Attention heads, `H`.
  public let headCount: Int
  /// Features of one head, `D`.
  public let headDim: Int
  /// Features of the prompt embedding: `K · C` for `K` hidden states of the text encoder.
  public let jointAttentionDim: Int
  /// Features of an image token, in and out; the reference's `out_channels` is the same.
  public let inChannels: Int
  /// Features inside the gated MLPs, `M`.
  public let intermediateSize: Int
  /// Features of the timestep's sinusoid; even.
  public let timestepChannels: Int
  /// Head features that turn with each of the four positions T, H, W, L; they add up to `headDim`.
  public let axisDims: [Int]
  /// Base of the rotary frequencies.
  public let ropeTheta: Double
  /// Added to variances and mean squares by every norm.
  public let epsilon: Float

  /// Features of a hidden state, `H · D`.
  public var hiddenSize: Int { headCount * headDim }

  /// Describes a transformer, checking that the parts fit together.
  /// - Parameter source: The file that an error names.
  init(
    doubleBlockCount: Int, singleBlockCount: Int, headCount: Int, headDim: Int,
    jointAttentionDim: Int,
    inChannels: Int, intermediateSize: Int, timestepChannels: Int = 256, axisDims: [Int],
    ropeTheta: Double = 2000, epsilon: Float = 1e-6, source: String
  ) throws(Flux2Error) {
    self.doubleBlockCount = doubleBlockCount
    self.singleBlockCount = singleBlockCount
    self.headCount = headCount
    self.headDim = headDim
    self.jointAttentionDim = jointAttentionDim
    self.inChannels = inChannels
    self.intermediateSize = intermediateSize
    self.timestepChannels = timestepChannels
    self.axisDims = axisDims
    self.ropeTheta = ropeTheta
    self.epsilon = epsilon
    guard axisDims.reduce(0, +) == headDim, axisDims.allSatisfy({ $0 % 2 == 0 }) else {
      throw Flux2Error(
        .configuration, source,
        "axes_dims_rope is \(axisDims), expected even numbers that add up to \(headDim)")
    }
    guard headCount * headDim <= Self.hiddenSizeLimit, timestepChannels % 2 == 0 else {
      throw Flux2Error(
        .configuration, source,
        "\(headCount) heads of \(headDim) and \(timestepChannels) timestep channels, expected "
          + "at most \(Self.hiddenSizeLimit) features and an even number of channels")
    }
  }

  /// The most features a hidden state may have: far above any published model (6144).
  private static let hiddenSizeLimit = 32768
}

extension TransformerConfiguration {
  /// Reads and checks a file.
  package init(file: String) throws(Flux2Error) {
    try self.init(ConfigurationReader(file: file))
  }

  init(_ json: ConfigurationReader) throws(Flux2Error) {
    // The key's absence means true (spec §1.2), and such a model has weights that have no place here.
    guard json.has("guidance_embeds") else {
      throw Flux2Error(
        .configuration, json.file,
        "guidance_embeds is missing and would mean true, expected false: models with a guidance "
          + "embedding are not supported")
    }
    try json.refuse("guidance_embeds", unless: .boolean(false))
    try json.refuse("patch_size", unless: .number(JSONNumber(1)))
    let inChannels = try json.integer("in_channels", in: 16...4096, default: 128)
    try json.refuse("out_channels", unless: .number(JSONNumber(inChannels)))
    let headCount = try json.integer("num_attention_heads", in: 1...256, default: 48)
    let headDim = try json.integer("attention_head_dim", in: 8...512, default: 128)
    let ratio = try json.number("mlp_ratio", in: 0.125...16, default: 3)
    try self.init(
      doubleBlockCount: try json.integer("num_layers", in: 1...256, default: 8),
      singleBlockCount: try json.integer("num_single_layers", in: 1...512, default: 48),
      headCount: headCount, headDim: headDim,
      jointAttentionDim: try json.integer("joint_attention_dim", in: 1...1_048_576, default: 15360),
      inChannels: inChannels, intermediateSize: max(Int(Double(headCount * headDim) * ratio), 1),
      timestepChannels: try json.integer("timestep_guidance_channels", in: 2...8192, default: 256),
      axisDims: try json.integers(
        "axes_dims_rope", count: 4...4, each: 0...512, default: [32, 32, 32, 32]),
      ropeTheta: try json.number("rope_theta", in: 1...1e12, default: 2000),
      epsilon: Float(try json.number("eps", in: 1e-12...1, default: 1e-6)), source: json.file)
  }
}
