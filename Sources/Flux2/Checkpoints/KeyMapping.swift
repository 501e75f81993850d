/// One linear layer of the transformer under two names: that of BFL's checkpoints, which most adapters
/// share, and that of diffusers (spec §10, table).
struct KeyMapping: Sendable, Equatable {
  /// The name in BFL's checkpoints.
  let original: String
  /// The module paths of diffusers; of a fused layer, each has an equal part of the rows, in this order.
  let paths: [String]
  /// Whether the two halves of the rows are exchanged: the final modulation is (shift, scale) in BFL's
  /// checkpoints and (scale, shift) in diffusers.
  let swapsHalves: Bool

  init(_ original: String, _ paths: String..., swapsHalves: Bool = false) {
    self.original = original
    self.paths = paths
    self.swapsHalves = swapsHalves
  }

  /// All layers of a transformer.
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
