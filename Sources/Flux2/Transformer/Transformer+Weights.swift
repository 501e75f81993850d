import Tensors
package import Weights

extension Transformer {
  /// Takes the weights of a checkpoint in the spelling of diffusers (spec §4.1), all of them.
  /// - Parameters:
  ///   - configuration: The transformer's shape.
  ///   - checkpoint: Its weights.
  ///   - preparation: The form in which they are multiplied; nil for float32.
  package init(
    _ configuration: TransformerConfiguration, _ checkpoint: Checkpoint,
    _ preparation: WeightPreparation? = nil
  ) throws(WeightsError) {
    var layers = LayerReader(
      reader: TensorReader(checkpoint), shapes: configuration.layerShapes(),
      preparation: preparation)
    precision = preparation?.precision ?? .float32
    self.configuration = configuration
    imageEmbedder = try layers.read("x_embedder")
    contextEmbedder = try layers.read("context_embedder")
    timestepEmbedding = try TimestepEmbedding(configuration, &layers)
    imageModulation = try layers.read("double_stream_modulation_img.linear")
    textModulation = try layers.read("double_stream_modulation_txt.linear")
    singleModulation = try layers.read("single_stream_modulation.linear")
    var doubleBlocks: [DoubleStreamBlock] = []
    for index in 0..<configuration.doubleBlockCount {
      doubleBlocks.append(
        try DoubleStreamBlock(configuration, "transformer_blocks.\(index)", &layers))
    }
    self.doubleBlocks = doubleBlocks
    var singleBlocks: [SingleStreamBlock] = []
    for index in 0..<configuration.singleBlockCount {
      singleBlocks.append(
        try SingleStreamBlock(configuration, "single_transformer_blocks.\(index)", &layers))
    }
    self.singleBlocks = singleBlocks
    outputModulation = try layers.read("norm_out.linear")
    outputProjection = try layers.read("proj_out")
    try layers.reader.finish()
  }
}

extension Transformer {
  /// All linear layers.
  var linearLayers: [AdaptedLinear] {
    [
      imageEmbedder, contextEmbedder, timestepEmbedding.linear1, timestepEmbedding.linear2,
      imageModulation, textModulation, singleModulation, outputModulation, outputProjection,
    ] + doubleBlocks.flatMap(\.layers) + singleBlocks.flatMap(\.layers)
  }
}

/// Reads layers whose weight is called `<path>.weight`.
private struct LayerReader {
  var reader: TensorReader
  /// The shape of every linear layer by its path.
  let shapes: [String: LayerShape]
  let preparation: WeightPreparation?

  mutating func read(_ path: String) throws(WeightsError) -> AdaptedLinear {
    guard let shape = shapes[path] else { preconditionFailure("no layer is called \(path)") }
    let weight = try reader.tensor("\(path).weight", shape: [shape.outputs, shape.inputs])
    let role: WeightPreparation.Role = path.contains("transformer_blocks.") ? .block : .border
    return AdaptedLinear(
      weight: preparation?(weight, role, name: "transformer.\(path)") ?? weight, stored: weight,
      path: path)
  }

  mutating func norm(_ path: String, count: Int) throws(WeightsError) -> Tensor {
    try reader.vector("\(path).weight", count: count)
  }
}

extension TimestepEmbedding {
  fileprivate init(
    _ configuration: TransformerConfiguration, _ layers: inout LayerReader
  ) throws(WeightsError) {
    let path = "time_guidance_embed.timestep_embedder"
    self.init(
      channels: configuration.timestepChannels, linear1: try layers.read("\(path).linear_1"),
      linear2: try layers.read("\(path).linear_2"))
  }
}

extension DoubleStreamBlock {
  fileprivate init(
    _ configuration: TransformerConfiguration, _ path: String, _ layers: inout LayerReader
  ) throws(WeightsError) {
    self.init(
      configuration: configuration,
      text: try Stream(
        configuration, path, &layers, attention: ["add_q_proj", "add_k_proj", "add_v_proj"],
        norms: ["norm_added_q", "norm_added_k"], output: "to_add_out", mlp: "ff_context"),
      image: try Stream(
        configuration, path, &layers, attention: ["to_q", "to_k", "to_v"],
        norms: ["norm_q", "norm_k"], output: "to_out.0", mlp: "ff"))
  }
}

extension DoubleStreamBlock.Stream {
  fileprivate init(
    _ configuration: TransformerConfiguration, _ path: String, _ layers: inout LayerReader,
    attention: [String], norms: [String], output: String, mlp: String
  ) throws(WeightsError) {
    self.init(
      query: try layers.read("\(path).attn.\(attention[0])"),
      key: try layers.read("\(path).attn.\(attention[1])"),
      value: try layers.read("\(path).attn.\(attention[2])"),
      queryNorm: try layers.norm("\(path).attn.\(norms[0])", count: configuration.headDim),
      keyNorm: try layers.norm("\(path).attn.\(norms[1])", count: configuration.headDim),
      output: try layers.read("\(path).attn.\(output)"),
      linearIn: try layers.read("\(path).\(mlp).linear_in"),
      linearOut: try layers.read("\(path).\(mlp).linear_out"))
  }
}

extension SingleStreamBlock {
  fileprivate init(
    _ configuration: TransformerConfiguration, _ path: String, _ layers: inout LayerReader
  ) throws(WeightsError) {
    self.init(
      configuration: configuration,
      qkvMLPProjection: try layers.read("\(path).attn.to_qkv_mlp_proj"),
      queryNorm: try layers.norm("\(path).attn.norm_q", count: configuration.headDim),
      keyNorm: try layers.norm("\(path).attn.norm_k", count: configuration.headDim),
      outputProjection: try layers.read("\(path).attn.to_out"))
  }
}
