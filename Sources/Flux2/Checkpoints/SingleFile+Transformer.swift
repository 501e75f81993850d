internal import Tensors
package import Weights

extension SingleFile {
  /// Respells a transformer: fused projections become slices of the same memory.
  package static func transformer(_ checkpoint: Checkpoint) throws(Flux2Error) -> Checkpoint {
    let own = try strip(
      checkpoint,
      beside: ["single_stream_modulation.lin.weight", "single_stream_modulation.linear.weight"],
      kind: "FLUX.2 transformer")
    guard own.tensors["single_stream_modulation.lin.weight"] != nil else { return own }
    let doubleBlockCount = own.blockCount("double_blocks")
    let singleBlockCount = own.blockCount("single_blocks")
    var rest = own.tensors
    var result: [String: WeightTensor] = [:]
    let layers = KeyMapping.all(
      doubleBlockCount: doubleBlockCount, singleBlockCount: singleBlockCount)
    for layer in layers {
      guard let weight = rest.removeValue(forKey: "\(layer.original).weight") else { continue }
      for (path, part) in try split(weight, as: layer, file: own.name) {
        result["\(path).weight"] = part
      }
    }
    for (original, path) in norms(doubleBlockCount, singleBlockCount) {
      // ComfyUI calls the scale of a norm its weight.
      for ending in ["scale", "weight"] {
        if let scale = rest.removeValue(forKey: "\(original).\(ending)") {
          result["\(path).weight"] = scale
        }
      }
    }
    return own.replacing(result.merging(rest) { converted, _ in converted })
  }

  /// The rows of each of a layer's projections.
  private static func split(
    _ weight: WeightTensor, as layer: KeyMapping, file: String
  ) throws(Flux2Error) -> [(String, WeightTensor)] {
    let rows = weight.shape.first ?? 0
    let parts = layer.swapsHalves ? 2 : layer.paths.count
    guard weight.shape.count == 2, rows % parts == 0, weight.dtype.isComputable else {
      throw Flux2Error(
        .weights, file,
        "\(layer.original).weight is \(weight.dtype.rawValue) \(weight.shape), expected floats, "
          + "two axes, and rows that divide by \(parts)")
    }
    if layer.swapsHalves { return layer.paths.map { ($0, weight.swappingHalves()) } }
    return layer.paths.enumerated().map { index, path in
      (path, weight.rows(rows / parts * index..<rows / parts * (index + 1)))
    }
  }

  /// The norms of queries and keys under both names.
  private static func norms(
    _ doubleBlockCount: Int, _ singleBlockCount: Int
  ) -> [(String, String)] {
    let double = (0..<doubleBlockCount).flatMap { index in
      let (original, path) = ("double_blocks.\(index)", "transformer_blocks.\(index).attn")
      return [
        ("\(original).img_attn.norm.query_norm", "\(path).norm_q"),
        ("\(original).img_attn.norm.key_norm", "\(path).norm_k"),
        ("\(original).txt_attn.norm.query_norm", "\(path).norm_added_q"),
        ("\(original).txt_attn.norm.key_norm", "\(path).norm_added_k"),
      ]
    }
    let single = (0..<singleBlockCount).flatMap { index in
      let (original, path) = ("single_blocks.\(index)", "single_transformer_blocks.\(index).attn")
      return [
        ("\(original).norm.query_norm", "\(path).norm_q"),
        ("\(original).norm.key_norm", "\(path).norm_k"),
      ]
    }
    return double + single
  }
}
