import Tensors
import Text
package import Weights

/// Reads a model's dimensions from the shapes of its tensors, for single files without a configuration.
struct ShapeReader {
  /// The tensors in the spelling of diffusers.
  let checkpoint: Checkpoint

  /// Returns the extent of one axis of a tensor.
  func extent(
    of name: String, axis: Int, axes: Int, in range: ClosedRange<Int>
  ) throws(Flux2Error) -> Int {
    guard let tensor = checkpoint.tensors[name] else { throw failure("\(name) is missing") }
    guard tensor.shape.count == axes, range.contains(tensor.shape[axis]) else {
      throw failure(
        "\(name) has the shape \(tensor.shape), expected \(axes) axes and "
          + "\(range.lowerBound)…\(range.upperBound) at axis \(axis)")
    }
    return tensor.shape[axis]
  }

  /// Returns `whole / part`, which must be whole.
  func quotient(_ whole: Int, _ part: Int, _ what: String) throws(Flux2Error) -> Int {
    guard part > 0, whole % part == 0 else {
      throw failure("\(what): \(whole) features do not divide into heads of \(part)")
    }
    return whole / part
  }

  /// Returns the number of blocks, at least one.
  func blockCount(_ prefix: String, limit: Int) throws(Flux2Error) -> Int {
    let count = checkpoint.blockCount(prefix)
    guard (1...limit).contains(count) else {
      throw failure("has \(count) blocks \(prefix), expected 1…\(limit)")
    }
    return count
  }

  /// Returns the number of a text encoder's layers, of which a file may hold the first alone: a GGUF file says how
  /// many there are, and others lack the norm behind the last.
  func layerCount() throws(Flux2Error) -> Int {
    let stored = try blockCount("model.layers", limit: 512)
    if let text = checkpoint.metadata["qwen3.block_count"]?.string(limit: 8), let count = Int(text),
      (stored...512).contains(count)
    {
      return count
    }
    return checkpoint.tensors["model.norm.weight"] == nil ? stored + 1 : stored
  }

  /// Returns the error for dimensions that make no model.
  func failure(_ detail: String) -> Flux2Error {
    Flux2Error(.weights, checkpoint.name, detail)
  }
}

extension TransformerConfiguration {
  /// Infers the configuration of a single file; values that shapes do not determine are as in klein (spec §1.2).
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

extension TextEncoderConfiguration {
  /// Infers the configuration of a single file; values that shapes do not determine are as in Qwen3 (spec §1.3).
  /// - Parameter checkpoint: The tensors in the spelling of transformers.
  package init(inferredFrom checkpoint: Checkpoint) throws(Flux2Error) {
    let shapes = ShapeReader(checkpoint: checkpoint)
    let layer = "model.layers.0"
    let sizes = 1...65536
    let headDim = try shapes.extent(
      of: "\(layer).self_attn.q_norm.weight", axis: 0, axes: 1, in: 2...512)
    func heads(_ name: String) throws(Flux2Error) -> Int {
      let features = try shapes.extent(of: name, axis: 0, axes: 2, in: sizes)
      return try shapes.quotient(features, headDim, name)
    }
    let headCount = try heads("\(layer).self_attn.q_proj.weight")
    let keyValueHeadCount = try heads("\(layer).self_attn.k_proj.weight")
    guard headDim % 2 == 0, headCount % keyValueHeadCount == 0 else {
      throw shapes.failure(
        "has \(headCount) query heads and \(keyValueHeadCount) key heads of \(headDim) features")
    }
    self.init(
      vocabularySize: try shapes.extent(
        of: "model.embed_tokens.weight", axis: 0, axes: 2, in: 1...4_194_304),
      hiddenSize: try shapes.extent(of: "model.embed_tokens.weight", axis: 1, axes: 2, in: sizes),
      intermediateSize: try shapes.extent(
        of: "\(layer).mlp.gate_proj.weight", axis: 0, axes: 2, in: 1...262_144),
      layerCount: try shapes.layerCount(),
      headCount: headCount, keyValueHeadCount: keyValueHeadCount, headDim: headDim)
  }
}

extension AutoencoderConfiguration {
  /// Infers the configuration of a single file; values that shapes do not determine are as in klein (spec §1.4).
  /// - Parameter checkpoint: The tensors in the spelling of diffusers.
  package init(inferredFrom checkpoint: Checkpoint) throws(Flux2Error) {
    let shapes = ShapeReader(checkpoint: checkpoint)
    let blockCount = try shapes.blockCount("encoder.down_blocks", limit: 8)
    func channels(_ blocks: String) throws(Flux2Error) -> [Int] {
      var channels: [Int] = []
      for index in 0..<blockCount {
        channels.append(
          try shapes.extent(
            of: "\(blocks).\(index).resnets.0.conv1.weight", axis: 0, axes: 4, in: 1...8192))
      }
      return channels
    }
    self.init(
      encoderChannels: try channels("encoder.down_blocks"),
      decoderChannels: try channels("decoder.up_blocks").reversed(),
      layersPerBlock: try shapes.blockCount("encoder.down_blocks.0.resnets", limit: 16),
      latentChannels: try shapes.extent(
        of: "decoder.conv_in.weight", axis: 1, axes: 4, in: 1...1024),
      hasMidBlockAttention: checkpoint.tensors["decoder.mid_block.attentions.0.to_q.weight"] != nil,
      hasQuantConv: checkpoint.tensors["quant_conv.weight"] != nil,
      hasPostQuantConv: checkpoint.tensors["post_quant_conv.weight"] != nil)
    try check(source: checkpoint.name)
  }
}
