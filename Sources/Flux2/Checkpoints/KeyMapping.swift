import Tensors
import Weights

/// One linear layer of the transformer under two names: that of BFL's checkpoints, which most adapters
/// share, and that of diffusers (spec §10, table).
struct KeyMapping: Sendable, Equatable {
  /// The name in BFL's checkpoints.
  let original: String
  /// The module paths of diffusers; of a fused layer, each has an equal part of the rows, in this order.
  let paths: [String]
  /// True if the two halves of the rows are exchanged: the final modulation is (shift, scale) in BFL's
  /// checkpoints and (scale, shift) in diffusers.
  let swapsHalves: Bool

  init(_ original: String, _ paths: String..., swapsHalves: Bool = false) {
    self.original = original
    self.paths = paths
    self.swapsHalves = swapsHalves
  }

  /// Returns all linear layers of a transformer.
  static func all(doubleBlockCount: Int, singleBlockCount: Int) -> [KeyMapping] {
    outside + (0..<doubleBlockCount).flatMap(doubleBlock)
      + (0..<singleBlockCount).flatMap(singleBlock)
  }

  private static let outside = [
    KeyMapping("img_in", "x_embedder"),
    KeyMapping("txt_in", "context_embedder"),
    KeyMapping("time_in.in_layer", "time_guidance_embed.timestep_embedder.linear_1"),
    KeyMapping("time_in.out_layer", "time_guidance_embed.timestep_embedder.linear_2"),
    KeyMapping("double_stream_modulation_img.lin", "double_stream_modulation_img.linear"),
    KeyMapping("double_stream_modulation_txt.lin", "double_stream_modulation_txt.linear"),
    KeyMapping("single_stream_modulation.lin", "single_stream_modulation.linear"),
    KeyMapping("final_layer.linear", "proj_out"),
    KeyMapping("final_layer.adaLN_modulation.1", "norm_out.linear", swapsHalves: true),
  ]

  private static func doubleBlock(_ index: Int) -> [KeyMapping] {
    let (original, path) = ("double_blocks.\(index)", "transformer_blocks.\(index)")
    let attention = "\(path).attn"
    return [
      KeyMapping(
        "\(original).img_attn.qkv", "\(attention).to_q", "\(attention).to_k", "\(attention).to_v"),
      KeyMapping(
        "\(original).txt_attn.qkv", "\(attention).add_q_proj", "\(attention).add_k_proj",
        "\(attention).add_v_proj"),
      KeyMapping("\(original).img_attn.proj", "\(attention).to_out.0"),
      KeyMapping("\(original).txt_attn.proj", "\(attention).to_add_out"),
      KeyMapping("\(original).img_mlp.0", "\(path).ff.linear_in"),
      KeyMapping("\(original).img_mlp.2", "\(path).ff.linear_out"),
      KeyMapping("\(original).txt_mlp.0", "\(path).ff_context.linear_in"),
      KeyMapping("\(original).txt_mlp.2", "\(path).ff_context.linear_out"),
    ]
  }

  private static func singleBlock(_ index: Int) -> [KeyMapping] {
    let (original, path) = ("single_blocks.\(index)", "single_transformer_blocks.\(index).attn")
    return [
      KeyMapping("\(original).linear1", "\(path).to_qkv_mlp_proj"),
      KeyMapping("\(original).linear2", "\(path).to_out"),
    ]
  }
}

/// Features into and out of a linear layer.
struct LayerShape: Sendable, Equatable {
  /// Columns of the weight.
  let inputs: Int
  /// Rows of the weight.
  let outputs: Int
}

extension TransformerConfiguration {
  /// Returns the shape of every linear layer by its module path in diffusers (spec §4.1).
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

extension WeightTensor {
  /// Returns a matrix with the two halves of the rows exchanged, a copy unless it is encoded: for the one small
  /// matrix that BFL and diffusers store in different order.
  /// - Precondition: The number of rows is even.
  func swappingHalves() -> WeightTensor {
    let rows = shape.first ?? 0
    precondition(rows % 2 == 0, "no halves of \(shape)")
    guard encoding == nil else { return self.rows(startingAt: rows / 2) }
    return .stacking([self.rows(rows / 2..<rows), self.rows(0..<rows / 2)])
  }
}
