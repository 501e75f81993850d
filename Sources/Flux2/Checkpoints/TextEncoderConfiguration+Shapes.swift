package import Weights

extension TextEncoderConfiguration {
  /// Infers the configuration of a single file; what shapes do not tell is as in Qwen3 (spec §1.3).
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
      layerCount: try shapes.blockCount("model.layers", limit: 512),
      headCount: headCount, keyValueHeadCount: keyValueHeadCount, headDim: headDim)
  }
}
