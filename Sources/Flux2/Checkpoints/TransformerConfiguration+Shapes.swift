package import Weights

extension TransformerConfiguration {
  /// Infers the configuration of a single file; what shapes do not tell is as in klein (spec §1.2).
  ///
  /// That is true of the rotary axes: four equal parts of a head.
  /// - Parameter checkpoint: The tensors in the spelling of diffusers.
  package init(inferredFrom checkpoint: Checkpoint) throws(Flux2Error) {
    let shapes = ShapeReader(checkpoint: checkpoint)
    let hiddenSize = try shapes.extent(of: "x_embedder.weight", axis: 0, axes: 2, in: 1...32768)
    let headDim = try shapes.extent(
      of: "single_transformer_blocks.0.attn.norm_q.weight", axis: 0, axes: 1, in: 8...512)
    try self.init(
      doubleBlockCount: try shapes.blockCount("transformer_blocks", limit: 256),
      singleBlockCount: try shapes.blockCount("single_transformer_blocks", limit: 512),
      headCount: try shapes.quotient(hiddenSize, headDim, "x_embedder.weight"),
      headDim: headDim,
      jointAttentionDim: try shapes.extent(
        of: "context_embedder.weight", axis: 1, axes: 2, in: 1...1_048_576),
      inChannels: try shapes.extent(of: "x_embedder.weight", axis: 1, axes: 2, in: 16...4096),
      intermediateSize: try shapes.extent(
        of: "transformer_blocks.0.ff.linear_out.weight", axis: 1, axes: 2, in: 1...524_288),
      timestepChannels: try shapes.extent(
        of: "time_guidance_embed.timestep_embedder.linear_1.weight", axis: 1, axes: 2,
        in: 2...8192),
      axisDims: [Int](repeating: headDim / 4, count: 4), source: checkpoint.name)
  }
}
