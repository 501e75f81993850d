import Tensors
package import Weights

/// Opens the single files of the original release, of ComfyUI and of GGUF's tools, and gives their tensors the names
/// that diffusers uses (spec §10, §11).
///
/// Nothing is copied but the one small matrix whose halves the spellings store in different order. A file
/// that is already in diffusers' spelling passes through. Tensors that no rule names keep their names, so
/// that the model that reads them reports them.
package enum SingleFile {
  /// Opens the file of a denoising transformer.
  package static func transformer(file: String) throws(Flux2Error) -> Checkpoint {
    try transformer(open(file))
  }

  /// Opens the file of an autoencoder.
  package static func autoencoder(file: String) throws(Flux2Error) -> Checkpoint {
    try autoencoder(open(file))
  }

  /// Opens the file of a Qwen3 text encoder.
  package static func textEncoder(file: String) throws(Flux2Error) -> Checkpoint {
    try textEncoder(open(file))
  }

  /// Maps the names of a text encoder: they have some prefix, or none, where transformers has `model.`.
  package static func textEncoder(_ checkpoint: Checkpoint) throws(Flux2Error) -> Checkpoint {
    if checkpoint.tensors[llamaAnchor] != nil { return try llamaTextEncoder(checkpoint) }
    let anchor = "layers.0.self_attn.q_norm.weight"
    let own = try strip(checkpoint, beside: [anchor], kind: "Qwen3 text encoder")
    // A file in transformers' own spelling may have an output head beside `model.`.
    guard checkpoint.tensors["model.\(anchor)"] == nil else { return checkpoint }
    let tensors = own.tensors.map { ("model.\($0.key)", $0.value) }
    return own.replacing(Dictionary(tensors) { first, _ in first })
  }

  /// Returns the tensors of one component, without the prefix that a file with several components puts
  /// before its names.
  /// - Parameters:
  ///   - checkpoint: The file.
  ///   - anchors: Names, one of which every such component has.
  ///   - kind: The component's name, for messages.
  private static func strip(
    _ checkpoint: Checkpoint, beside anchors: [String], kind: String
  ) throws(Flux2Error) -> Checkpoint {
    let found = checkpoint.tensors.keys.compactMap { name -> String? in
      anchors.first { name == $0 || name.hasSuffix(".\($0)") }
        .map { String(name.dropLast($0.count)) }
    }
    guard let prefix = found.min(by: { ($0.count, $0) < ($1.count, $1) }) else {
      // FLUX.1 has these layers, too, and no modulation that its blocks share.
      let first = "double_blocks.0.img_attn.qkv.weight"
      if checkpoint.tensors.keys.contains(where: { $0 == first || $0.hasSuffix(".\(first)") }) {
        throw Flux2Error(
          .weights, checkpoint.name, "holds a FLUX.1 transformer, expected a \(kind)")
      }
      throw Flux2Error(
        .weights, checkpoint.name, "holds no \(kind): it has no tensor \(anchors[0])")
    }
    let tensors = checkpoint.tensors.filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    return checkpoint.replacing(Dictionary(tensors) { first, _ in first })
  }

  /// Opens a file of any format, and reads what stands beside its quantised layers.
  static func open(_ file: String) throws(Flux2Error) -> Checkpoint {
    do {
      return try Checkpoint.open(file: file).readingQuantizedLayers()
    } catch {
      throw Flux2Error(.weights, error.file, error.detail)
    }
  }
}

extension SingleFile {
  /// Maps the names of a transformer: fused projections become slices of the same memory.
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

  /// Returns the rows of each of a layer's projections.
  private static func split(
    _ weight: WeightTensor, as layer: KeyMapping, file: String
  ) throws(Flux2Error) -> [(String, WeightTensor)] {
    let rows = weight.shape.first ?? 0
    let parts = layer.swapsHalves ? 2 : layer.paths.count
    guard weight.shape.count == 2, rows % parts == 0, weight.isComputable else {
      throw Flux2Error(
        .weights, file,
        "\(layer.original).weight is \(weight.formatName) \(weight.shape), expected a format that "
          + "can be computed with, two axes, and rows that divide by \(parts)")
    }
    if layer.swapsHalves { return layer.paths.map { ($0, weight.swappingHalves()) } }
    return layer.paths.enumerated().map { index, path in
      (path, weight.rows(rows / parts * index..<rows / parts * (index + 1)))
    }
  }

  /// Returns the norms of queries and keys under both names.
  static func norms(
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

extension SingleFile {
  /// Maps the names of an autoencoder: blocks of the decoder are numbered the other way round, and the
  /// attention's matrices are 1x1 convolutions there.
  package static func autoencoder(_ checkpoint: Checkpoint) throws(Flux2Error) -> Checkpoint {
    let own = try strip(
      checkpoint, beside: ["decoder.conv_in.weight"], kind: "FLUX.2 autoencoder")
    guard own.tensors["bn.running_mean"] != nil else {
      throw Flux2Error(
        .weights, own.name, "bn.running_mean is missing: the autoencoder of another model?")
    }
    guard own.tensors["decoder.mid.block_1.conv1.weight"] != nil else { return own }
    let blockCount = own.blockCount("decoder.up")
    let tensors = own.tensors.map { name, tensor in
      (autoencoderName(name, blockCount: blockCount), flattened(name, tensor))
    }
    return own.replacing(Dictionary(tensors) { first, _ in first })
  }

  /// Returns the attention's projections as matrices.
  private static func flattened(_ name: String, _ tensor: WeightTensor) -> WeightTensor {
    guard name.contains(".mid.attn_1."), tensor.shape.count == 4, tensor.shape[2...] == [1, 1]
    else { return tensor }
    return tensor.reshaped(Array(tensor.shape[..<2]))
  }

  /// Names inside a residual block or an attention, original and diffusers'.
  private static let innerNames = [
    "nin_shortcut": "conv_shortcut", "norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v",
    "proj_out": "to_out.0",
  ]

  /// Returns a name in diffusers' spelling; a name of no known form stays as it is.
  private static func autoencoderName(_ name: String, blockCount: Int) -> String {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count >= 3, ["encoder", "decoder"].contains(parts[0]) else { return name }
    let inner = { (index: Int) in
      ([innerNames[parts[index]] ?? parts[index]] + parts[(index + 1)...]).joined(separator: ".")
    }
    switch (parts[1], parts[2]) {
    case ("quant_conv", _), ("post_quant_conv", _):
      return parts[1...].joined(separator: ".")
    case ("norm_out", _):
      return "\(parts[0]).conv_norm_out.\(parts[2])"
    case ("mid", "block_1") where parts.count > 4:
      return "\(parts[0]).mid_block.resnets.0.\(inner(3))"
    case ("mid", "block_2") where parts.count > 4:
      return "\(parts[0]).mid_block.resnets.1.\(inner(3))"
    case ("mid", "attn_1") where parts.count > 4:
      return "\(parts[0]).mid_block.attentions.0.\(inner(3))"
    case ("down", _), ("up", _):
      return blockName(parts, blockCount: blockCount, inner: inner) ?? name
    default: return name
    }
  }

  /// Returns the name of a tensor in a down or up block: `encoder.down.1.block.0.conv1.weight`,
  /// `decoder.up.3.upsample.conv.weight`.
  private static func blockName(
    _ parts: [String], blockCount: Int, inner: (Int) -> String
  ) -> String? {
    guard parts.count > 5, let index = Int(parts[2]), (0..<256).contains(index) else { return nil }
    let isDown = parts[1] == "down"
    let prefix =
      isDown
      ? "\(parts[0]).down_blocks.\(index)" : "\(parts[0]).up_blocks.\(blockCount - 1 - index)"
    switch parts[3] {
    case "block" where parts.count > 6: return "\(prefix).resnets.\(parts[4]).\(inner(5))"
    case "downsample", "upsample": return "\(prefix).\(parts[3])rs.0.\(inner(4))"
    default: return nil
    }
  }
}

extension Checkpoint {
  /// Returns the number of blocks: `n` when the names contain `<prefix>.0.` … `<prefix>.<n-1>.`.
  ///
  /// Counted upwards, so that a file cannot ask for more blocks than it has names.
  func blockCount(_ prefix: String) -> Int {
    let indices = Set(
      tensors.keys.compactMap { name -> Int? in
        guard name.hasPrefix("\(prefix).") else { return nil }
        return Int(name.dropFirst(prefix.count + 1).prefix { $0 != "." })
      })
    return (0...indices.count).first { !indices.contains($0) } ?? 0
  }
}
