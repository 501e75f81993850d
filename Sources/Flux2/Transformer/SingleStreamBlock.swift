internal import Tensors

/// A transformer block that treats all tokens alike and runs attention and MLP side by side (spec §4.7).
/// - Note: Dehghani et al., *Scaling Vision Transformers to 22 Billion Parameters*, arXiv:2302.05442, §2.
package struct SingleStreamBlock: Sendable {
  let configuration: TransformerConfiguration
  /// To queries, keys, values and the MLP's gate and features, `[3C + 2M, C]`.
  let input: LoRALinear
  /// Scales of the per-head norms, `[D]`.
  let queryNorm: Tensor
  let keyNorm: Tensor
  /// From attention, then MLP, `[C, C + M]`.
  let output: LoRALinear

  /// Moves the stream through the block.
  /// - Parameter rows: The rows that are moved; the others serve as keys and values only. All but the
  ///   last block move all rows.
  package func apply(
    to stream: inout JointStream, _ modulation: StepModulation, rows: Range<Int>
  ) {
    let device = stream.device
    let (hiddenSize, intermediateSize) = (configuration.hiddenSize, configuration.intermediateSize)
    let all = 0..<stream.hidden.rows
    var fused = input(
      stream.modulated(all, by: modulation.single, epsilon: configuration.epsilon), on: device,
      adapters: stream.adapters)
    for (index, norm) in [queryNorm, keyNorm].enumerated() {
      device.normaliseAndRotateHeads(
        &fused, columns: index * hiddenSize..<(index + 1) * hiddenSize, weight: norm,
        rotary: stream.rotary,
        tableRows: all, epsilon: configuration.epsilon)
    }
    var branches = Tensor(zeros: [rows.count, hiddenSize + intermediateSize])
    device.attention(
      fused[rows: rows, columns: 0..<hiddenSize], fused[columns: hiddenSize..<2 * hiddenSize],
      fused[columns: 2 * hiddenSize..<3 * hiddenSize],
      heads: HeadLayout(count: configuration.headCount, headDim: configuration.headDim),
      into: &branches)
    device.gatedSiLU(
      fused[rows: rows, columns: 3 * hiddenSize..<3 * hiddenSize + 2 * intermediateSize],
      into: &branches,
      column: hiddenSize)
    stream.add(branches, through: output, gate: modulation.single.gate, to: rows)
  }
}
