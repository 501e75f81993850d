internal import Tensors
package import Weights

extension SingleFile {
  /// Respells an autoencoder: levels of the decoder are numbered the other way round, and the attention's
  /// matrices are 1x1 convolutions there.
  package static func autoencoder(_ checkpoint: Checkpoint) throws(Flux2Error) -> Checkpoint {
    let own = try strip(
      checkpoint, beside: ["decoder.conv_in.weight"], kind: "FLUX.2 autoencoder")
    guard own.tensors["bn.running_mean"] != nil else {
      throw Flux2Error(
        .weights, own.name, "bn.running_mean is missing: the autoencoder of another model?")
    }
    guard own.tensors["decoder.mid.block_1.conv1.weight"] != nil else { return own }
    let levelCount = own.blockCount("decoder.up")
    let tensors = own.tensors.map { name, tensor in
      (autoencoderName(name, levelCount: levelCount), flattened(name, tensor))
    }
    return own.replacing(Dictionary(tensors) { first, _ in first })
  }

  /// The attention's projections as matrices.
  private static func flattened(_ name: String, _ tensor: WeightTensor) -> WeightTensor {
    guard name.contains(".mid.attn_1."), tensor.shape.count == 4, tensor.shape[2...] == [1, 1]
    else { return tensor }
    return tensor.reshaped(Array(tensor.shape[..<2]))
  }

  /// The names inside a residual block or an attention.
  private static let innerNames = [
    "nin_shortcut": "conv_shortcut", "norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v",
    "proj_out": "to_out.0",
  ]

  /// One name in diffusers' spelling; a name of no known form stays as it is.
  private static func autoencoderName(_ name: String, levelCount: Int) -> String {
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
      return levelName(parts, levelCount: levelCount, inner: inner) ?? name
    default: return name
    }
  }

  /// A name inside a level: `encoder.down.1.block.0.conv1.weight`, `decoder.up.3.upsample.conv.weight`.
  private static func levelName(
    _ parts: [String], levelCount: Int, inner: (Int) -> String
  ) -> String? {
    guard parts.count > 5, let level = Int(parts[2]), (0..<256).contains(level) else { return nil }
    let isDown = parts[1] == "down"
    let prefix =
      isDown
      ? "\(parts[0]).down_blocks.\(level)" : "\(parts[0]).up_blocks.\(levelCount - 1 - level)"
    switch parts[3] {
    case "block" where parts.count > 6: return "\(prefix).resnets.\(parts[4]).\(inner(5))"
    case "downsample", "upsample": return "\(prefix).\(parts[3])rs.0.\(inner(4))"
    default: return nil
    }
  }
}
