import Tokenization

/// The dimensions of a model that can be fabricated and measured without its weights.
public enum ModelShape: String, Sendable, CaseIterable {
  /// FLUX.2 [klein] 4B, with Qwen3-4B as its text encoder (spec §1.2 to §1.4).
  case klein4B = "klein-4b"
  /// FLUX.2 [klein] 9B, with Qwen3-8B.
  case klein9B = "klein-9b"
  /// A model of the same parts that takes a second to write and to render with.
  case tiny

  /// The model's settings as a whole.
  package var index: ModelIndex {
    var index = ModelIndex(isDistilled: true)
    if self == .tiny { index.textEncoderOutputs = [2, 3, 4] }
    return index
  }

  /// The text encoder's shape; all layers of the published model, of which the last are never read.
  package var textEncoder: TextEncoderConfiguration {
    switch self {
    case .klein4B:
      TextEncoderConfiguration(
        vocabularySize: 151_936, hiddenSize: 2560, intermediateSize: 9728, layerCount: 36,
        headCount: 32, keyValueHeadCount: 8, headDim: 128)
    case .klein9B:
      TextEncoderConfiguration(
        vocabularySize: 151_936, hiddenSize: 4096, intermediateSize: 12_288, layerCount: 36,
        headCount: 32, keyValueHeadCount: 8, headDim: 128)
    case .tiny:
      TextEncoderConfiguration(
        vocabularySize: ByteTokenizer.tokenCount, hiddenSize: 256, intermediateSize: 768,
        layerCount: 5, headCount: 4, keyValueHeadCount: 2, headDim: 64)
    }
  }

  /// True if the language head is a tensor of its own, which is never read; else it is the embedding's.
  var hasLanguageHead: Bool { self == .klein9B }

  /// The transformer's shape.
  package var transformer: TransformerConfiguration {
    get throws(Flux2Error) {
      switch self {
      case .klein4B: try transformer(doubleBlockCount: 5, singleBlockCount: 20)
      case .klein9B: try transformer(doubleBlockCount: 8, singleBlockCount: 24)
      case .tiny: try transformer(doubleBlockCount: 2, singleBlockCount: 4)
      }
    }
  }

  /// The transformer's shape with another number of blocks.
  func transformer(
    doubleBlockCount: Int, singleBlockCount: Int
  ) throws(Flux2Error) -> TransformerConfiguration {
    let (heads, headDim) =
      switch self {
      case .klein4B: (24, 128)
      case .klein9B: (32, 128)
      case .tiny: (4, 64)
      }
    return try TransformerConfiguration(
      doubleBlockCount: doubleBlockCount, singleBlockCount: singleBlockCount, headCount: heads,
      headDim: headDim,
      jointAttentionDim: index.textEncoderOutputs.count * textEncoder.hiddenSize,
      inChannels: autoencoder.tokenChannels, intermediateSize: 3 * heads * headDim,
      axisDims: [Int](repeating: headDim / 4, count: 4), source: rawValue)
  }

  /// The autoencoder's shape; the published models share one.
  package var autoencoder: AutoencoderConfiguration {
    let channels = self == .tiny ? [32, 32, 64, 64] : [128, 256, 512, 512]
    return AutoencoderConfiguration(encoderChannels: channels, decoderChannels: channels)
  }
}
