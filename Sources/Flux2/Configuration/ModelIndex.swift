internal import JSONText

/// What `model_index.json` says about the model as a whole (spec §1.1).
public struct ModelIndex: Sendable, Equatable {
  /// Whether the model was distilled to a few steps without guidance; absent means it was not.
  public var isDistilled = false
  /// The text encoder's hidden states that make up the prompt embedding: 0 is the embedding table's
  /// output, `k` the output of the `k`-th layer.
  public var textEncoderOutputs = [9, 18, 27]
  /// Tokens of a prompt, padding included, `L`.
  public var promptLength = 512
  /// The sizes the model draws well; empty when it draws all.
  public var resolutionBuckets: [ResolutionBucket] = []
  /// The noise level below which the model's low-noise adapter takes part; without it there is none.
  ///
  /// The key is that of Wan 2.2 in diffusers, whose second expert is a whole transformer.
  public var boundaryRatio: Float?
  /// Every key of the file.
  public var keys: [String] = []

  /// The keys that mean something to this program; other programs have more.
  public static let knownKeys = [
    "is_distilled", "text_encoder_out_layers", "max_sequence_length", "native_sizes",
    "boundary_ratio",
  ]
}

extension ModelIndex {
  /// Reads and checks a file.
  package init(file: String) throws(Flux2Error) {
    try self.init(ConfigurationReader(file: file))
  }

  init(_ json: ConfigurationReader) throws(Flux2Error) {
    keys = json.values.members.map { "\($0.name)" }.sorted()
    isDistilled = try json.flag("is_distilled", default: false)
    textEncoderOutputs = try json.integers(
      "text_encoder_out_layers", count: 1...16, each: 0...512, default: textEncoderOutputs)
    promptLength = try json.integer("max_sequence_length", in: 1...4096, default: promptLength)
    resolutionBuckets = try json.pairs("native_sizes", count: 0...64, each: 16...2048)
      .map { ResolutionBucket(width: $0, height: $1) }
    if json.has("boundary_ratio") {
      boundaryRatio = Float(try json.number("boundary_ratio", in: 0...1))
    }
  }
}
