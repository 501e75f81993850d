/// Features into and out of a linear layer.
struct LayerShape: Sendable, Equatable {
  /// Columns of the weight.
  let inputs: Int
  /// Rows of the weight.
  let outputs: Int
}

extension TransformerConfiguration {
  /// The shape of every linear layer by its module path in diffusers (spec §4.1).
  func layerShapes() -> [String: LayerShape] {
    var shapes = [
      "x_embedder": LayerShape(inputs: inChannels, outputs: hiddenSize),
      "context_embedder": LayerShape(inputs: jointAttentionDim, outputs: hiddenSize),
      "time_guidance_embed.timestep_embedder.linear_1": LayerShape(
        inputs: timestepChannels, outputs: hiddenSize),
      "time_guidance_embed.timestep_embedder.linear_2": square,
      "double_stream_modulation_img.linear": LayerShape(
        inputs: hiddenSize, outputs: 6 * hiddenSize),
      "double_stream_modulation_txt.linear": LayerShape(
        inputs: hiddenSize, outputs: 6 * hiddenSize),
      "single_stream_modulation.linear": LayerShape(inputs: hiddenSize, outputs: 3 * hiddenSize),
      "norm_out.linear": LayerShape(inputs: hiddenSize, outputs: 2 * hiddenSize),
      "proj_out": LayerShape(inputs: hiddenSize, outputs: inChannels),
    ]
    for index in 0..<doubleBlockCount { addDoubleBlock(index, to: &shapes) }
    for index in 0..<singleBlockCount {
      let path = "single_transformer_blocks.\(index).attn"
      shapes["\(path).to_qkv_mlp_proj"] = LayerShape(
        inputs: hiddenSize, outputs: 3 * hiddenSize + 2 * intermediateSize)
      shapes["\(path).to_out"] = LayerShape(
        inputs: hiddenSize + intermediateSize, outputs: hiddenSize)
    }
    return shapes
  }

  private var square: LayerShape { LayerShape(inputs: hiddenSize, outputs: hiddenSize) }

  private func addDoubleBlock(_ index: Int, to shapes: inout [String: LayerShape]) {
    let path = "transformer_blocks.\(index)"
    for name in [
      "to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj", "to_out.0", "to_add_out",
    ] {
      shapes["\(path).attn.\(name)"] = square
    }
    for name in ["ff", "ff_context"] {
      shapes["\(path).\(name).linear_in"] = LayerShape(
        inputs: hiddenSize, outputs: 2 * intermediateSize)
      shapes["\(path).\(name).linear_out"] = LayerShape(
        inputs: intermediateSize, outputs: hiddenSize)
    }
  }
}
