package import Weights

extension AutoencoderConfiguration {
  /// Infers the configuration of a single file; what shapes do not tell is as in klein (spec §1.4).
  /// - Parameter checkpoint: The tensors in the spelling of diffusers.
  package init(inferredFrom checkpoint: Checkpoint) throws(Flux2Error) {
    let shapes = ShapeReader(checkpoint: checkpoint)
    let levelCount = try shapes.blockCount("encoder.down_blocks", limit: 8)
    func channels(_ blocks: String) throws(Flux2Error) -> [Int] {
      var channels: [Int] = []
      for index in 0..<levelCount {
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
