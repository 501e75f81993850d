/// The random weights of a text encoder (spec §3).
struct TextEncoderFabrication: Sendable {
  /// Deviation of what a branch adds to the residual stream, whose own is 1 at first; two in each layer.
  private static let branch: Float = 0.15
  /// Size of the outliers over their factors: as much more than the stream's deviation of 1 as that grows until
  /// the middle layers.
  private static let origin: Float = 1.25
  /// Mean of the query and key norms' scales: scores have a deviation of 2, so that attention looks at some
  /// tokens rather than at the mean of all.
  static let headNorm: Float = 1.4
  /// Root mean square of `silu(g) · u` for standard normal `g` and `u`.
  static let gated: Float = 0.6
  /// Root mean square of the attention output for values of 1, about.
  static let attended: Float = 0.6

  var configuration: TextEncoderConfiguration
  let hasLanguageHead: Bool
  /// Channels of the residual stream.
  let residual: OutlierChannels
  /// Channels of the values.
  let values: OutlierChannels
  /// Channels of the gated product.
  let gated: OutlierChannels

  init(_ shape: ModelShape, outliers factors: [Int]) {
    let configuration = shape.textEncoder
    self.configuration = configuration
    hasLanguageHead = shape.hasLanguageHead
    residual = OutlierChannels(factors, channelCount: configuration.hiddenSize)
    values = OutlierChannels(
      factors, channelCount: configuration.keyValueHeadCount * configuration.headDim)
    gated = OutlierChannels(factors, channelCount: configuration.intermediateSize)
  }

  /// All tensors in their order.
  var tensors: [FabricatedTensor] {
    let hiddenSize = configuration.hiddenSize
    let vocabulary = [Float].equal(configuration.vocabularySize)
    var tensors = [
      FabricatedTensor("model.embed_tokens", rows: vocabulary, columns: .equal(hiddenSize))
    ]
    for index in 0..<configuration.layerCount { tensors += layer(index) }
    tensors.append(Self.norm("model.norm", hiddenSize))
    if hasLanguageHead {
      tensors.append(
        FabricatedTensor(
          "lm_head", rows: vocabulary,
          columns: OutlierReading.divided.columns(reading: residual.factors.normalised)))
    }
    return tensors
  }

  private func layer(_ index: Int) -> [FabricatedTensor] {
    let path = "model.layers.\(index)"
    let reading = OutlierReading.ofAttention(in: index)
    // The first MLP gives the stream its outliers.
    let inputs =
      index == 0
      ? [Float].equal(residual.channelCount)
      : residual.amplitudes(
        outliers: Self.origin, others: OutlierChannels.growth(blocks: index, branch: Self.branch))
    return attention("\(path).self_attn", reading, inputs)
      + (index == 0 ? origin("\(path).mlp") : mlp("\(path).mlp", reading.other, inputs)) + [
        Self.norm("\(path).input_layernorm", configuration.hiddenSize),
        Self.norm("\(path).post_attention_layernorm", configuration.hiddenSize),
      ]
  }

  private func attention(
    _ path: String, _ reading: OutlierReading, _ inputs: [Float]
  ) -> [FabricatedTensor] {
    let headDim = configuration.headDim
    let columns = reading.columns(reading: inputs)
    let attended = values.attended(
      headDim: headDim, shareCount: configuration.headCount / configuration.keyValueHeadCount)
    return [
      FabricatedTensor(
        "\(path).q_proj", rows: .equal(configuration.headCount * headDim), columns: columns),
      FabricatedTensor("\(path).k_proj", rows: .equal(values.channelCount), columns: columns),
      FabricatedTensor("\(path).v_proj", rows: values.factors, columns: columns),
      FabricatedTensor(
        "\(path).o_proj", rows: .equal(residual.channelCount),
        columns: reading.other.columns(
          reading: attended.scaled(by: Self.attended), gain: Self.branch)),
      Self.norm("\(path).q_norm", headDim, mean: Self.headNorm),
      Self.norm("\(path).k_norm", headDim, mean: Self.headNorm),
    ]
  }

  private func mlp(
    _ path: String, _ reading: OutlierReading, _ inputs: [Float]
  ) -> [FabricatedTensor] {
    let columns = reading.columns(reading: inputs)
    return [
      FabricatedTensor("\(path).gate_proj", rows: .equal(gated.channelCount), columns: columns),
      FabricatedTensor("\(path).up_proj", rows: gated.factors, columns: columns),
      FabricatedTensor(
        "\(path).down_proj", rows: .equal(residual.channelCount),
        columns: reading.other.columns(
          reading: gated.factors.scaled(by: Self.gated), gain: Self.branch)),
    ]
  }

  private func origin(_ path: String) -> [FabricatedTensor] {
    let origin = OutlierOrigin(stream: path, residual: residual, gated: gated)
    let columns = OutlierReading.divided.columns(reading: .equal(residual.channelCount))
    let shape = [gated.channelCount, residual.channelCount]
    return [
      FabricatedTensor(
        "\(path).gate_proj", shape: shape, origin.bands(ofUp: false, columns: columns)),
      FabricatedTensor(
        "\(path).up_proj", shape: shape, origin.bands(ofUp: true, columns: columns)),
      FabricatedTensor(
        "\(path).down_proj", shape: shape.reversed(),
        origin.output(.divided, gain: Self.branch, scale: Self.origin)),
    ]
  }

  /// The scales of a norm.
  static func norm(_ path: String, _ count: Int, mean: Float = 1) -> FabricatedTensor {
    FabricatedTensor(vector: "\(path).weight", count: count, mean: mean, deviation: 0.1)
  }
}
