import Tensors
package import Weights

extension TextEncoder {
  /// The size up to which an encoder stays in memory.
  private static let keptByteCount = 1 << 30

  /// Returns whether the pages of a layer are dropped once it was run, given the bytes of all layers.
  static func evictsLayers(of byteCount: Int) -> Bool { byteCount > keptByteCount }

  /// Takes the weights of the layers that are run; those of later layers may be there or not.
  /// - Parameters:
  ///   - configuration: The encoder's shape.
  ///   - outputs: Numbers of the hidden states that make up the embedding.
  ///   - checkpoint: The weights.
  ///   - preparation: The form in which they are multiplied; nil for float32.
  /// - Precondition: No output lies beyond the last layer.
  package init(
    _ configuration: TextEncoderConfiguration, outputs: [Int], _ checkpoint: Checkpoint,
    _ preparation: WeightPreparation? = nil
  ) throws(WeightsError) {
    var reader = TensorReader(checkpoint)
    let last = outputs.max() ?? 0
    precondition(last <= configuration.layerCount, "output \(last) of \(configuration.layerCount)")
    self.configuration = configuration
    self.outputs = outputs
    embedding = try reader.tensor(
      "model.embed_tokens.weight", shape: [configuration.vocabularySize, configuration.hiddenSize])
    var layers: [TextEncoderLayer] = []
    for index in 0..<last {
      layers.append(
        try TextEncoderLayer(configuration, "layers.\(index)", &reader, preparation))
    }
    self.layers = layers
    evictsLayers = Self.evictsLayers(
      of: layers.reduce(0) { $0 + $1.linearLayers.reduce(0) { $0 + $1.layer.weight.byteCount } })
    finalNorm =
      last == configuration.layerCount
      ? try reader.vector("model.norm.weight", count: configuration.hiddenSize) : nil
    for name in Self.unreadNames(configuration, outputs: outputs) { reader.skip(name) }
    try reader.finish()
  }

  /// The tensors that published files have and that are never read: those behind the last hidden state that
  /// is used.
  static func unreadNames(_ configuration: TextEncoderConfiguration, outputs: [Int]) -> [String] {
    let last = min(outputs.max() ?? 0, configuration.layerCount)
    let layers = (last..<configuration.layerCount).flatMap { index in
      TextEncoderLayer.names.map { "model.layers.\(index).\($0).weight" }
    }
    return layers + (last < configuration.layerCount ? ["model.norm.weight"] : [])
      + ["lm_head.weight"]
  }
}

extension TextEncoderLayer {
  /// The names of a layer's tensors, without `.weight`.
  fileprivate static let names =
    ["q_proj", "k_proj", "v_proj", "o_proj", "q_norm", "k_norm"].map { "self_attn.\($0)" }
    + ["gate_proj", "up_proj", "down_proj"].map { "mlp.\($0)" }
    + ["input_layernorm", "post_attention_layernorm"]

  fileprivate init(
    _ configuration: TextEncoderConfiguration, _ path: String, _ reader: inout TensorReader,
    _ preparation: WeightPreparation?
  ) throws(WeightsError) {
    let (hiddenSize, intermediateSize) = (configuration.hiddenSize, configuration.intermediateSize)
    let headDim = configuration.headDim
    let queryWidth = configuration.headCount * headDim
    let keyWidth = configuration.keyValueHeadCount * headDim
    func matrix(
      _ name: String, from inputs: Int, to outputs: Int
    ) throws(WeightsError) -> AdaptedLinear {
      let weight = try reader.tensor("model.\(path).\(name).weight", shape: [outputs, inputs])
      return AdaptedLinear(
        weight: preparation?(weight, .block, name: "text_encoder.model.\(path).\(name)") ?? weight,
        stored: weight, path: "text_encoder.\(path).\(name)")
    }
    func norm(_ name: String, count: Int) throws(WeightsError) -> Tensor {
      try reader.vector("model.\(path).\(name).weight", count: count)
    }
    self.init(
      configuration: configuration, precision: preparation?.precision ?? .float32,
      inputLayerNorm: try norm("input_layernorm", count: hiddenSize),
      postAttentionLayerNorm: try norm("post_attention_layernorm", count: hiddenSize),
      queryProjection: try matrix("self_attn.q_proj", from: hiddenSize, to: queryWidth),
      keyProjection: try matrix("self_attn.k_proj", from: hiddenSize, to: keyWidth),
      valueProjection: try matrix("self_attn.v_proj", from: hiddenSize, to: keyWidth),
      queryNorm: try norm("self_attn.q_norm", count: headDim),
      keyNorm: try norm("self_attn.k_norm", count: headDim),
      outputProjection: try matrix("self_attn.o_proj", from: queryWidth, to: hiddenSize),
      gateProjection: try matrix("mlp.gate_proj", from: hiddenSize, to: intermediateSize),
      upProjection: try matrix("mlp.up_proj", from: hiddenSize, to: intermediateSize),
      downProjection: try matrix("mlp.down_proj", from: intermediateSize, to: hiddenSize))
  }
}
