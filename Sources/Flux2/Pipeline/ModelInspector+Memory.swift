// How many float32 values each stage holds at its peak, counted from the code of the stage. Kernels'
// scratch and the tensors that do not grow with the image are left out.

extension TextEncoderConfiguration {
  /// Hidden states kept and current, the norm's output, the widened MLP and its gated half.
  var valuesPerToken: Int { 6 * hiddenSize + 3 * intermediateSize }
}

extension TransformerConfiguration {
  /// A single block: residual stream, norm, fused projection, branches and their projection.
  var valuesPerToken: Int { 7 * hiddenSize + 3 * intermediateSize }
}

extension AutoencoderConfiguration {
  /// A residual block at full resolution: input, norm and output of the widest convolution.
  ///
  /// On the way up, the first block there still has the channels of the level below.
  var valuesPerPixel: Int {
    let entering = decoderChannels.count > 1 ? decoderChannels[1] : 0
    return 3 * max(encoderChannels[0], decoderChannels[0], entering)
  }
}
