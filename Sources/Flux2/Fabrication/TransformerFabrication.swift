/// The random weights of a denoising transformer (spec §4.1).
struct TransformerFabrication: Sendable {
  /// Deviations of the modulation's parts; the gates damp the branches, whose outputs have a deviation of 1.
  private static let (shift, scale, gate): (Float, Float, Float) = (0.2, 0.2, 0.15)
  /// Root mean square of `silu(x)` for standard normal `x`.
  private static let activated: Float = 0.6
  /// Root mean square of the text encoder's hidden states where they are read, about.
  private static let promptEmbedding: Float = 2

  var configuration: TransformerConfiguration
  /// Channels of the text encoder's residual stream, which the prompt embedding has side by side.
  let prompt: OutlierChannels
  /// Channels of the residual stream; text and image share it.
  let residual: OutlierChannels
  /// Channels of the values, and so of the attention output.
  let values: OutlierChannels
  /// Channels of the gated product.
  let gated: OutlierChannels

  init(_ shape: ModelShape, outliers factors: [Int]) throws(Flux2Error) {
    let configuration = try shape.transformer
    self.configuration = configuration
    prompt = OutlierChannels(factors, channelCount: shape.textEncoder.hiddenSize)
    residual = OutlierChannels(factors, channelCount: configuration.hiddenSize)
    values = OutlierChannels(factors, channelCount: configuration.hiddenSize)
    gated = OutlierChannels(factors, channelCount: configuration.intermediateSize)
  }

  /// All tensors in their order.
  var tensors: [FabricatedTensor] {
    var tensors = embedders + modulations
    for index in 0..<configuration.doubleBlockCount { tensors += doubleBlock(index) }
    for index in 0..<configuration.singleBlockCount { tensors += singleBlock(index) }
    tensors.append(
      FabricatedTensor(
        "proj_out", rows: .equal(configuration.inChannels),
        columns: OutlierReading.divided.columns(reading: residual.factors.normalised)))
    return tensors
  }

  private var embedders: [FabricatedTensor] {
    let hidden = [Float].equal(configuration.hiddenSize)
    let states = configuration.jointAttentionDim / prompt.channelCount
    let embedding = (0..<states).flatMap { _ in prompt.factors.scaled(by: Self.promptEmbedding) }
    let timestep = "time_guidance_embed.timestep_embedder"
    return [
      FabricatedTensor(
        "x_embedder", rows: residual.factors,
        columns: OutlierReading.divided.columns(reading: .equal(configuration.inChannels))),
      FabricatedTensor(
        "context_embedder", rows: residual.factors,
        columns: OutlierReading.divided.columns(reading: embedding)),
      FabricatedTensor(
        "\(timestep).linear_1", rows: hidden,
        // Cosines and sines have a mean square of a half.
        columns: OutlierReading.divided.columns(
          reading: .equal(configuration.timestepChannels, Float(0.5).squareRoot()))),
      FabricatedTensor(
        "\(timestep).linear_2", rows: hidden,
        columns: OutlierReading.divided.columns(
          reading: .equal(configuration.hiddenSize, Self.activated))),
    ]
  }

  /// The projections of the noise level; shifts are as large as what they shift.
  private var modulations: [FabricatedTensor] {
    let shift = residual.factors.normalised.scaled(by: Self.shift)
    let scale = [Float].equal(configuration.hiddenSize, Self.scale)
    let gate = [Float].equal(configuration.hiddenSize, Self.gate)
    let columns = OutlierReading.divided.columns(
      reading: .equal(configuration.hiddenSize, Self.activated))
    func layer(_ name: String, _ rows: [Float]) -> FabricatedTensor {
      FabricatedTensor("\(name).linear", rows: rows, columns: columns)
    }
    let set = shift + scale + gate
    return [
      layer("double_stream_modulation_img", set + set),
      layer("double_stream_modulation_txt", set + set),
      layer("single_stream_modulation", set),
      layer("norm_out", scale + shift),
    ]
  }

  private func doubleBlock(_ index: Int) -> [FabricatedTensor] {
    let path = "transformer_blocks.\(index)"
    let reading = OutlierReading.ofAttention(in: index)
    return stream(
      path, reading, projections: ["to_q", "to_k", "to_v"], norms: ["norm_q", "norm_k"],
      output: "to_out.0", mlp: "ff")
      + stream(
        path, reading, projections: ["add_q_proj", "add_k_proj", "add_v_proj"],
        norms: ["norm_added_q", "norm_added_k"], output: "to_add_out", mlp: "ff_context")
  }

  private func stream(
    _ path: String, _ reading: OutlierReading, projections: [String], norms: [String],
    output: String, mlp: String
  ) -> [FabricatedTensor] {
    let inputs = residual.factors.normalised
    let rows = [[Float].equal(values.channelCount), .equal(values.channelCount), values.factors]
    return zip(projections, rows).map { name, rows in
      FabricatedTensor(
        "\(path).attn.\(name)", rows: rows, columns: reading.columns(reading: inputs))
    }
      + norms.map { headNorm("\(path).attn.\($0)") }
      + [
        FabricatedTensor(
          "\(path).attn.\(output)", rows: residual.factors,
          columns: reading.other.columns(reading: attended)),
        FabricatedTensor(
          "\(path).\(mlp).linear_in", rows: .equal(gated.channelCount) + gated.factors,
          columns: reading.other.columns(reading: inputs)),
        FabricatedTensor(
          "\(path).\(mlp).linear_out", rows: residual.factors,
          columns: reading.columns(reading: product)),
      ]
  }

  /// A block whose two products have both kinds of outliers' readers side by side.
  private func singleBlock(_ index: Int) -> [FabricatedTensor] {
    let path = "single_transformer_blocks.\(index).attn"
    let (inputs, width) = (residual.factors.normalised, values.channelCount)
    let reading = OutlierReading.ofAttention(in: index)
    let queriesKeysValues = FabricatedTensor.Band(
      rows: .equal(2 * width) + values.factors, columns: reading.columns(reading: inputs))
    let gateUp = FabricatedTensor.Band(
      rows: .equal(gated.channelCount) + gated.factors,
      columns: reading.other.columns(reading: inputs))
    // Attention and MLP give half of the output's variance each.
    let half = Float(0.5).squareRoot()
    return [
      FabricatedTensor(
        "\(path).to_qkv_mlp_proj",
        shape: [3 * width + 2 * gated.channelCount, residual.channelCount],
        [queriesKeysValues, gateUp]),
      headNorm("\(path).norm_q"), headNorm("\(path).norm_k"),
      FabricatedTensor(
        "\(path).to_out", rows: residual.factors,
        columns: reading.other.columns(reading: attended, gain: half)
          + reading.columns(reading: product, gain: half)),
    ]
  }

  private var attended: [Float] { values.factors.scaled(by: TextEncoderFabrication.attended) }
  private var product: [Float] { gated.factors.scaled(by: TextEncoderFabrication.gated) }

  private func headNorm(_ path: String) -> FabricatedTensor {
    TextEncoderFabrication.norm(
      path, configuration.headDim, mean: TextEncoderFabrication.headNorm)
  }
}
