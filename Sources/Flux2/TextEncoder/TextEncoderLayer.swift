internal import Tensors

/// One layer of Qwen3: causal attention with shared keys and values, then a gated MLP (spec §3).
/// - Note: Ainslie et al., *GQA*, arXiv:2305.13245.
struct TextEncoderLayer: Sendable {
  let configuration: TextEncoderConfiguration
  /// Scales of the norms before attention and MLP, `[C]`.
  let attentionNorm: Tensor
  let mlpNorm: Tensor
  let query: WeightTensor
  let key: WeightTensor
  let value: WeightTensor
  /// Scales of the per-head norms, `[D]`.
  let queryNorm: Tensor
  let keyNorm: Tensor
  let output: WeightTensor
  let mlpGate: WeightTensor
  let mlpUp: WeightTensor
  let mlpDown: WeightTensor

  /// Moves the hidden states, `[L, C]`, through the layer.
  func apply(
    to hidden: inout Tensor, rotary: RotaryTable, mask: AttentionMask, on device: Device
  ) {
    let attended = attend(hidden, rotary: rotary, mask: mask, on: device)
    device.linear(attended, output, accumulate: true, into: &hidden)
    let normed = device.rmsNorm(hidden, weight: mlpNorm, epsilon: configuration.epsilon)
    var widened = Tensor(zeros: [hidden.rows, 2 * configuration.intermediateSize])
    device.linear(normed, mlpGate, into: &widened)
    device.linear(normed, mlpUp, into: &widened, column: configuration.intermediateSize)
    device.linear(device.gatedSiLU(widened), mlpDown, accumulate: true, into: &hidden)
  }

  private func attend(
    _ hidden: Tensor, rotary: RotaryTable, mask: AttentionMask, on device: Device
  ) -> Tensor {
    let heads = HeadLayout(
      count: configuration.headCount, keyValueCount: configuration.keyValueHeadCount,
      headDim: configuration.headDim)
    let queries = 0..<heads.count * heads.headDim
    let keys = queries.upperBound..<queries.upperBound + heads.keyValueCount * heads.headDim
    let values = keys.upperBound..<keys.upperBound + keys.count
    let normed = device.rmsNorm(hidden, weight: attentionNorm, epsilon: configuration.epsilon)
    var joint = Tensor(zeros: [hidden.rows, values.upperBound])
    device.linear(normed, query, into: &joint)
    device.linear(normed, key, into: &joint, column: keys.lowerBound)
    device.linear(normed, value, into: &joint, column: values.lowerBound)
    for (columns, norm) in [(queries, queryNorm), (keys, keyNorm)] {
      device.normaliseAndRotateHeads(
        &joint, columns: columns, weight: norm, rotary: rotary, tableRows: 0..<hidden.rows,
        epsilon: configuration.epsilon)
    }
    return device.attention(
      joint[columns: queries], joint[columns: keys], joint[columns: values], heads: heads,
      mask: mask)
  }
}
