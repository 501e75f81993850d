import Tensors

/// A transformer block in which text and image have their own weights and meet in attention (spec §4.6).
/// - Note: Esser et al., *Scaling Rectified Flow Transformers*, arXiv:2403.03206, figure 2b.
package struct DoubleStreamBlock: Sendable {
  /// The weights of one of the two streams.
  struct Stream: Sendable {
    /// `[C, C]`.
    let query: AdaptedLinear
    let key: AdaptedLinear
    let value: AdaptedLinear
    /// Scales of the per-head norms, `[D]`.
    let queryNorm: Tensor
    let keyNorm: Tensor
    /// From attention, `[C, C]`.
    let output: AdaptedLinear
    /// To the MLP's gate and features, `[2M, C]`.
    let linearIn: AdaptedLinear
    /// `[C, M]`.
    let linearOut: AdaptedLinear
  }

  let configuration: TransformerConfiguration
  let text: Stream
  let image: Stream

  /// The linear layers.
  var layers: [AdaptedLinear] {
    [text, image].flatMap {
      [$0.query, $0.key, $0.value, $0.output, $0.linearIn, $0.linearOut]
    }
  }
  /// Their matrices.
  var weights: [WeightTensor] { layers.map(\.weight) }

  /// Replaces the hidden states of all tokens by the block's output.
  package func apply(to stream: inout JointStream, _ modulation: StepModulation) {
    let hiddenSize = configuration.hiddenSize
    // Queries, keys and values of all tokens side by side: attention reads them in place.
    var joint = Tensor(unwritten: [stream.hidden.rows, 3 * hiddenSize])
    project(stream, stream.text, text, modulation.text[0], into: &joint)
    project(stream, stream.image, image, modulation.image[0], into: &joint)
    let attended = stream.device.attention(
      joint[columns: 0..<hiddenSize], joint[columns: hiddenSize..<2 * hiddenSize],
      joint[columns: 2 * hiddenSize..<3 * hiddenSize],
      heads: HeadLayout(count: configuration.headCount, headDim: configuration.headDim),
      precision: stream.precision)
    finish(&stream, stream.text, text, modulation.text, attended)
    finish(&stream, stream.image, image, modulation.image, attended)
  }

  /// Writes one stream's queries, keys and values into the rows of `joint` that are its own.
  private func project(
    _ stream: JointStream, _ rows: Range<Int>, _ weights: Stream, _ modulation: Modulation,
    into joint: inout Tensor
  ) {
    let (device, adapters) = (stream.device, stream.adapters)
    let hiddenSize = configuration.hiddenSize
    let normed = stream.modulated(rows, by: modulation, epsilon: configuration.epsilon)
    for (index, projection) in [weights.query, weights.key, weights.value].enumerated() {
      projection.write(
        normed, into: &joint, row: rows.lowerBound, column: index * hiddenSize, on: device,
        adapters: adapters)
    }
    for (index, norm) in [weights.queryNorm, weights.keyNorm].enumerated() {
      device.normaliseAndRotateHeads(
        &joint, columns: index * hiddenSize..<(index + 1) * hiddenSize, row: rows.lowerBound,
        weight: norm,
        rotary: stream.rotary, tableRows: rows, epsilon: configuration.epsilon)
    }
  }

  /// Adds attention and MLP of one stream to its rows.
  private func finish(
    _ stream: inout JointStream, _ rows: Range<Int>, _ weights: Stream,
    _ modulation: [Modulation], _ attended: Tensor
  ) {
    stream.add(
      attended[rows: rows], through: weights.output, gate: modulation[0].gate, to: rows)
    let normed = stream.modulated(rows, by: modulation[1], epsilon: configuration.epsilon)
    let widened = weights.linearIn(normed, on: stream.device, adapters: stream.adapters)
    stream.add(
      stream.device.gatedSiLU(widened), through: weights.linearOut, gate: modulation[1].gate,
      to: rows)
  }
}

/// A transformer block that treats all tokens alike and runs attention and MLP side by side (spec §4.7).
/// - Note: Dehghani et al., *Scaling Vision Transformers to 22 Billion Parameters*, arXiv:2302.05442, §2.
package struct SingleStreamBlock: Sendable {
  let configuration: TransformerConfiguration
  /// To queries, keys, values and the MLP's gate and features, `[3C + 2M, C]`.
  let qkvMLPProjection: AdaptedLinear
  /// Scales of the per-head norms, `[D]`.
  let queryNorm: Tensor
  let keyNorm: Tensor
  /// From attention, then MLP, `[C, C + M]`.
  let outputProjection: AdaptedLinear

  /// The linear layers.
  var layers: [AdaptedLinear] { [qkvMLPProjection, outputProjection] }
  /// Their matrices.
  var weights: [WeightTensor] { layers.map(\.weight) }

  /// Replaces the hidden states of some rows by the block's output.
  /// - Parameters:
  ///   - stream: The residual stream.
  ///   - modulation: The step's modulation.
  ///   - rows: The rows to replace; the others serve as keys and values only. All but the last block
  ///     replace all rows.
  package func apply(
    to stream: inout JointStream, _ modulation: StepModulation, rows: Range<Int>
  ) {
    let (hiddenSize, intermediateSize) = (configuration.hiddenSize, configuration.intermediateSize)
    let (joint, gates) = project(stream, modulation.single, rows)
    var branches = Tensor(unwritten: [rows.count, hiddenSize + intermediateSize])
    stream.device.attention(
      joint[rows: rows, columns: 0..<hiddenSize], joint[columns: hiddenSize..<2 * hiddenSize],
      joint[columns: 2 * hiddenSize..<3 * hiddenSize],
      heads: HeadLayout(count: configuration.headCount, headDim: configuration.headDim),
      precision: stream.precision, into: &branches)
    stream.device.gatedSiLU(gates, into: &branches, column: hiddenSize)
    stream.add(branches, through: outputProjection, gate: modulation.single.gate, to: rows)
  }

  /// Computes queries, keys and values of all tokens, side by side, and the MLP's gate and features of some
  /// rows; of other rows there are keys and values alone.
  private func project(
    _ stream: JointStream, _ modulation: Modulation, _ rows: Range<Int>
  ) -> (joint: Tensor, gates: TensorView) {
    let (device, adapters, hiddenSize) = (stream.device, stream.adapters, configuration.hiddenSize)
    let all = 0..<stream.hidden.rows
    let (queries, attention) = (0..<hiddenSize, 3 * hiddenSize)
    let mlp = attention..<attention + 2 * configuration.intermediateSize
    let normed = stream.modulated(all, by: modulation, epsilon: configuration.epsilon)
    if rows == all {
      var fused = qkvMLPProjection(normed, on: device, adapters: adapters)
      rotate(&fused, stream, queryRows: all)
      return (fused, fused[columns: mlp])
    }
    var joint = Tensor(unwritten: [all.count, attention])
    qkvMLPProjection.write(
      normed, outputs: hiddenSize..<attention, into: &joint, column: hiddenSize, on: device,
      adapters: adapters)
    qkvMLPProjection.write(
      normed[rows: rows], outputs: queries, into: &joint, row: rows.lowerBound, on: device,
      adapters: adapters)
    var gates = Tensor(unwritten: [rows.count, mlp.count])
    qkvMLPProjection.write(
      normed[rows: rows], outputs: mlp, into: &gates, on: device, adapters: adapters)
    rotate(&joint, stream, queryRows: rows)
    return (joint, gates[columns: 0..<mlp.count])
  }

  /// Normalises and rotates the queries of some rows, and all keys.
  private func rotate(_ joint: inout Tensor, _ stream: JointStream, queryRows: Range<Int>) {
    let hiddenSize = configuration.hiddenSize
    for (index, (norm, rows)) in [
      (queryNorm, queryRows), (keyNorm, 0..<stream.hidden.rows),
    ].enumerated() {
      stream.device.normaliseAndRotateHeads(
        &joint, columns: index * hiddenSize..<(index + 1) * hiddenSize, row: rows.lowerBound,
        weight: norm, rotary: stream.rotary, tableRows: rows, epsilon: configuration.epsilon)
    }
  }
}
