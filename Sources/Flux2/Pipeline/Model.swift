import Tensors
import Tokenization
import Weights

/// The parts of a model, loaded and checked against each other.
package struct Model: Sendable {
  /// The most pixels per token: with more, the smallest reference would have no token (the HTTP contract,
  /// §4).
  private static let pixelsPerTokenLimit = 64

  let tokenizer: Tokenizer
  /// Prompt to hidden states.
  package let textEncoder: TextEncoder
  /// Noise to image, in latents.
  package let transformer: Transformer
  /// Pixels to latents and back.
  package let autoencoder: Autoencoder
  /// The spacing of noise levels.
  package let scheduler: SchedulerConfiguration
  /// Tokens of a prompt, padding included.
  package let promptLength: Int
  /// The sizes that the model renders; empty when it renders all.
  package let resolutionBuckets: [ResolutionBucket]
  /// The adapter for low noise, if the model has one.
  package let lowNoiseExpert: LowNoiseExpert?
  /// How far guidance may move a token, as a share of its length; nil for as far as it goes.
  let guidanceLimit: Float?
  /// The words that the model was taught, if it brings a list of them.
  let vocabulary: Vocabulary?
}

extension Model {
  /// Loads the parts; quantising takes seconds for each billion weights, the rest is mapped.
  init(
    _ sources: ModelSources, _ preparation: WeightPreparation? = nil
  ) throws(Flux2Error) {
    try Self.check(sources)
    do {
      tokenizer = try Tokenizer(directory: sources.tokenizer)
    } catch {
      throw Flux2Error(.tokenizer, error.file, error.detail)
    }
    do {
      textEncoder = try TextEncoder(
        sources.textEncoder.configuration, outputs: sources.index.textEncoderOutputs,
        sources.textEncoder.checkpoint, preparation)
      transformer = try Transformer(
        sources.transformer.configuration, sources.transformer.checkpoint, preparation)
      autoencoder = try Autoencoder(
        sources.autoencoder.configuration, sources.autoencoder.checkpoint)
    } catch {
      throw Flux2Error(.weights, error.file, error.detail)
    }
    scheduler = sources.scheduler
    promptLength = sources.index.promptLength
    resolutionBuckets = sources.index.resolutionBuckets
    vocabulary = sources.vocabulary
    lowNoiseExpert = try Self.lowNoiseExpert(of: sources)
    guidanceLimit = sources.index.guidanceLimit
  }

  private static func lowNoiseExpert(
    of sources: ModelSources
  ) throws(Flux2Error) -> LowNoiseExpert? {
    guard let checkpoint = sources.lowNoiseAdapter, let boundary = sources.index.boundaryRatio
    else { return nil }
    let adapter = try Adapter(checkpoint, for: sources.transformer.configuration)
    guard !adapter.hasMagnitudes else {
      throw Flux2Error(
        .adapter, checkpoint.name, "is a DoRA, which no adapter for low noise may be")
    }
    return LowNoiseExpert(adapter: adapter, boundary: boundary)
  }

  /// Measures what the magnitudes of an adapter need of the weights that it changes.
  func measured(_ adapter: Adapter, on device: Device) -> Adapter {
    let layers =
      transformer.linearLayers + textEncoder.layers.flatMap { $0.linearLayers.map(\.layer) }
    let stored = Dictionary(layers.map { ($0.path, $0.stored) }) { first, _ in first }
    return adapter.measured(on: device) { stored[$0] }
  }

  /// Checks that the parts, whose files may come from different models, fit each other.
  private static func check(_ sources: ModelSources) throws(Flux2Error) {
    let text = sources.textEncoder.configuration
    let transformer = sources.transformer.configuration
    let autoencoder = sources.autoencoder.configuration
    let outputs = sources.index.textEncoderOutputs
    func require(_ holds: Bool, _ detail: String) throws(Flux2Error) {
      guard holds else { throw Flux2Error(.configuration, sources.name, detail) }
    }
    try require(
      outputs.allSatisfy { $0 <= text.layerCount },
      "text_encoder_out_layers is \(outputs), expected at most \(text.layerCount): the text "
        + "encoder has no more layers")
    try require(
      outputs.count * text.hiddenSize == transformer.jointAttentionDim,
      "the text encoder gives \(outputs.count) x \(text.hiddenSize) features, the transformer expects "
        + "\(transformer.jointAttentionDim)")
    try require(
      autoencoder.tokenChannels == transformer.inChannels,
      "a token has \(autoencoder.tokenChannels) features in the autoencoder, "
        + "\(transformer.inChannels) in the transformer")
    let scale = autoencoder.pixelsPerToken
    for size in sources.index.resolutionBuckets {
      try require(
        size.width % scale == 0 && size.height % scale == 0,
        "native_sizes has \(size.width)x\(size.height), expected multiples of \(scale), a token")
    }
    try require(
      autoencoder.pixelsPerToken <= pixelsPerTokenLimit,
      "a token covers \(autoencoder.pixelsPerToken) pixels, expected at most \(pixelsPerTokenLimit)"
    )
  }
}
