public import Tensors
import Tokenization
import Weights

extension Pipeline {
  /// A model of random weights in memory, to measure with.
  ///
  /// All blocks of a kind share the weights of one, so that it takes a tenth of the memory of the model of
  /// this shape, and as long to render: a block's weights are larger than any cache. The embedding table has
  /// rows for the tokens in use alone, and there are no outliers.
  /// - Parameters:
  ///   - shape: Its dimensions.
  ///   - device: Draws the weights, and computes.
  ///   - precision: The arithmetic of the blocks' products; `auto` chooses as for the whole model.
  ///   - memoryByteCount: The memory that the process may use; nil if it is not known.
  public convenience init(
    fabricated shape: ModelShape, device: Device, precision: PrecisionMode = .float32,
    memoryByteCount: Int? = nil
  ) throws(Flux2Error) {
    let parts = try ModelFabricator(shape, outlierFactors: []).storedTensors
    let sizes = ["transformer", "text_encoder"].map { parts[$0] ?? [] }
    let choice = precision.choice(
      parameters: sizes.joined().reduce(0) { $0 + $1.shape.reduce(1, *) },
      residentByteCount: sizes.map { $0.reduce(0) { $0 + $1.byteCount } }.max() ?? 0,
      memoryByteCount: memoryByteCount, products: device.products)
    self.init(
      model: try Model(
        fabricated: shape, WeightPreparation(choice.precision, on: device), on: device),
      precision: choice, device: device)
  }
}

extension Model {
  fileprivate init(
    fabricated shape: ModelShape, _ preparation: WeightPreparation, on device: Device
  ) throws(Flux2Error) {
    func checkpoint(_ tensors: [FabricatedTensor]) -> Checkpoint {
      let drawn = tensors.map {
        ($0.name, device.draw($0.matrices(seed: 0), shape: $0.shape))
      }
      return Checkpoint(tensors: Dictionary(uniqueKeysWithValues: drawn), name: shape.rawValue)
    }
    do {
      var text = TextEncoderFabrication(shape, outliers: [])
      (text.configuration.layerCount, text.configuration.vocabularySize) =
        (2, ByteTokenizer.tokenCount)
      let encoder = try TextEncoder(
        text.configuration, outputs: [1], checkpoint(text.tensors), preparation)
      var blocks = try TransformerFabrication(shape, outliers: [])
      blocks.configuration = try shape.transformer(doubleBlockCount: 1, singleBlockCount: 1)
      let transformer = try Transformer(
        blocks.configuration, checkpoint(blocks.tensors), preparation)
      self.init(
        tokenizer: try ByteTokenizer.tokenizer(),
        textEncoder: encoder.repeating(
          as: shape.textEncoder, outputs: shape.index.textEncoderOutputs),
        transformer: transformer.repeating(as: try shape.transformer),
        autoencoder: try Autoencoder(
          shape.autoencoder, checkpoint(AutoencoderFabrication(shape).tensors)),
        scheduler: SchedulerConfiguration(), promptLength: shape.index.promptLength,
        resolutionBuckets: [], lowNoiseExpert: nil, guidanceLimit: nil, vocabulary: nil)
    } catch let error as Flux2Error {
      throw error
    } catch {
      throw Flux2Error(.weights, shape.rawValue, "\(error)")
    }
  }
}

extension TextEncoder {
  /// Returns an encoder of a whole shape whose layers are all like the first.
  fileprivate func repeating(
    as configuration: TextEncoderConfiguration, outputs: [Int]
  ) -> TextEncoder {
    var whole = configuration
    whole.vocabularySize = self.configuration.vocabularySize
    return TextEncoder(
      configuration: whole, outputs: outputs, embedding: embedding,
      layers: [TextEncoderLayer](repeating: layers[0], count: outputs.max() ?? 0), finalNorm: nil,
      evictsLayers: false)
  }
}

extension Transformer {
  /// Returns a transformer of a whole shape whose blocks of a kind are all like the first.
  fileprivate func repeating(as configuration: TransformerConfiguration) -> Transformer {
    Transformer(
      configuration: configuration, precision: precision, imageEmbedder: imageEmbedder,
      contextEmbedder: contextEmbedder, timestepEmbedding: timestepEmbedding,
      imageModulation: imageModulation, textModulation: textModulation,
      singleModulation: singleModulation,
      doubleBlocks: [DoubleStreamBlock](
        repeating: doubleBlocks[0], count: configuration.doubleBlockCount),
      singleBlocks: [SingleStreamBlock](
        repeating: singleBlocks[0], count: configuration.singleBlockCount),
      outputModulation: outputModulation, outputProjection: outputProjection)
  }
}
