internal import Tensors
package import Weights

extension Transformer {
  /// Takes the weights of a checkpoint in the spelling of diffusers (spec §4.1), all of them.
  package init(
    _ configuration: TransformerConfiguration, _ checkpoint: Checkpoint
  ) throws(WeightsError) {
    var layers = LayerReader(TensorReader(checkpoint))
    let (hiddenSize, token) = (configuration.hiddenSize, configuration.inChannels)
    self.configuration = configuration
    imageEmbedder = try layers.read("x_embedder", from: token, to: hiddenSize)
    contextEmbedder = try layers.read(
      "context_embedder", from: configuration.jointAttentionDim, to: hiddenSize)
    timestepEmbedding = try TimestepEmbedding(configuration, &layers)
    imageModulation = try layers.read(
      "double_stream_modulation_img.linear", from: hiddenSize, to: 6 * hiddenSize)
    textModulation = try layers.read(
      "double_stream_modulation_txt.linear", from: hiddenSize, to: 6 * hiddenSize)
    singleModulation = try layers.read(
      "single_stream_modulation.linear", from: hiddenSize, to: 3 * hiddenSize)
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
    outputModulation = try layers.read("norm_out.linear", from: hiddenSize, to: 2 * hiddenSize)
    outputProjection = try layers.read("proj_out", from: hiddenSize, to: token)
    try layers.reader.finish()
  }
}

/// Reads layers whose weight is called `<path>.weight`.
private struct LayerReader {
  var reader: TensorReader

  init(_ reader: TensorReader) {
    self.reader = reader
  }

  mutating func read(
    _ path: String, from inputs: Int, to outputs: Int
  ) throws(WeightsError) -> LoRALinear {
    LoRALinear(
      weight: try reader.tensor("\(path).weight", shape: [outputs, inputs]), path: path)
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
      channels: configuration.timestepChannels,
      linear1: try layers.read(
        "\(path).linear_1", from: configuration.timestepChannels, to: configuration.hiddenSize),
      linear2: try layers.read(
        "\(path).linear_2", from: configuration.hiddenSize, to: configuration.hiddenSize))
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
    let (hiddenSize, intermediateSize) = (configuration.hiddenSize, configuration.intermediateSize)
    let attentionPath = "\(path).attn"
    self.init(
      query: try layers.read("\(attentionPath).\(attention[0])", from: hiddenSize, to: hiddenSize),
      key: try layers.read("\(attentionPath).\(attention[1])", from: hiddenSize, to: hiddenSize),
      value: try layers.read("\(attentionPath).\(attention[2])", from: hiddenSize, to: hiddenSize),
      queryNorm: try layers.norm("\(attentionPath).\(norms[0])", count: configuration.headDim),
      keyNorm: try layers.norm("\(attentionPath).\(norms[1])", count: configuration.headDim),
      output: try layers.read("\(attentionPath).\(output)", from: hiddenSize, to: hiddenSize),
      linearIn: try layers.read(
        "\(path).\(mlp).linear_in", from: hiddenSize, to: 2 * intermediateSize),
      linearOut: try layers.read(
        "\(path).\(mlp).linear_out", from: intermediateSize, to: hiddenSize))
  }
}

extension SingleStreamBlock {
  fileprivate init(
    _ configuration: TransformerConfiguration, _ path: String, _ layers: inout LayerReader
  ) throws(WeightsError) {
    let (hiddenSize, intermediateSize) = (configuration.hiddenSize, configuration.intermediateSize)
    self.init(
      configuration: configuration,
      qkvMLPProjection: try layers.read(
        "\(path).attn.to_qkv_mlp_proj", from: hiddenSize, to: 3 * hiddenSize + 2 * intermediateSize),
      queryNorm: try layers.norm("\(path).attn.norm_q", count: configuration.headDim),
      keyNorm: try layers.norm("\(path).attn.norm_k", count: configuration.headDim),
      outputProjection: try layers.read(
        "\(path).attn.to_out", from: hiddenSize + intermediateSize, to: hiddenSize))
  }
}
