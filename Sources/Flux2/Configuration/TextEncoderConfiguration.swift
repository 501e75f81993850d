import JSON
import Text

/// The shape of the Qwen3 text encoder, `text_encoder/config.json` (spec §1.3).
public struct TextEncoderConfiguration: Sendable, Equatable {
  /// Rows of the embedding table.
  public var vocabularySize: Int
  /// Features of a hidden state.
  public var hiddenSize: Int
  /// Features inside the gated MLPs.
  public var intermediateSize: Int
  /// Layers of the whole model; only those up to the last one read are run.
  public var layerCount: Int
  /// Query heads.
  public var headCount: Int
  /// Key and value heads, each serving as many query heads.
  public var keyValueHeadCount: Int
  /// Features of one head; not `hiddenSize / headCount`.
  public var headDim: Int
  /// Added to mean squares by every norm.
  public var epsilon: Float = 1e-6
  /// Base of the rotary frequencies.
  public var ropeTheta: Float = 1_000_000
}

extension TextEncoderConfiguration {
  /// Reads and checks a file.
  package init(file: String) throws(Flux2Error) {
    try self.init(ConfigurationReader(file: file))
  }

  /// Reads and checks the values, in the key style of transformers 4 or 5.
  init(_ json: ConfigurationReader) throws(Flux2Error) {
    try json.refuse("hidden_act", unless: .string("silu"))
    try json.refuse("attention_bias", unless: .boolean(false))
    try json.refuse("use_sliding_window", unless: .boolean(false))
    let heads = try json.integer("num_attention_heads", in: 1...256)
    let keyValueHeads = try json.integer("num_key_value_heads", in: 1...heads, default: heads)
    guard heads % keyValueHeads == 0 else {
      throw json.wrong(
        "num_key_value_heads", .number(JSONNumber(keyValueHeads)), "a divisor of \(heads)")
    }
    let headDim = try json.integer("head_dim", in: 2...512, default: 128)
    guard headDim % 2 == 0 else {
      throw json.wrong("head_dim", .number(JSONNumber(headDim)), "an even number")
    }
    self.init(
      vocabularySize: try json.integer("vocab_size", in: 1...4_194_304),
      hiddenSize: try json.integer("hidden_size", in: 1...65536),
      intermediateSize: try json.integer("intermediate_size", in: 1...262_144),
      layerCount: try json.integer("num_hidden_layers", in: 1...512),
      headCount: heads, keyValueHeadCount: keyValueHeads, headDim: headDim,
      epsilon: Float(try json.number("rms_norm_eps", in: 1e-12...1, default: 1e-6)),
      ropeTheta: Float(try Self.ropeTheta(json)))
  }

  /// `rope_theta` at the top, or in `rope_parameters` (or `rope_scaling`) of a plain rotary embedding.
  private static func ropeTheta(_ json: ConfigurationReader) throws(Flux2Error) -> Double {
    let range = 1.0...1e12
    var nested: Double?
    for key in ["rope_parameters", "rope_scaling"] {
      guard let section = try json.section(key) else { continue }
      try section.refuse("rope_type", unless: .string("default"))
      try section.refuse("type", unless: .string("default"))
      guard nested == nil, section.has("rope_theta") else { continue }
      nested = try section.number("rope_theta", in: range)
    }
    if let nested { return nested }
    return try json.number("rope_theta", in: range, default: 1_000_000)
  }
}
