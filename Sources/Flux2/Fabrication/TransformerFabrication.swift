/// The random weights of a denoising transformer (spec §4.1).
struct TransformerFabrication: Sendable {
  /// Deviations of the modulation's parts; the gates damp the branches, whose outputs have a deviation of 1.
  private static let (shift, scale, gate): (Float, Float, Float) = (0.2, 0.2, 0.15)
  /// Root mean square of `silu(x)` for standard normal `x`.
  private static let activated: Float = 0.6
  /// Root mean square of the text encoder's hidden states where they are read, about.
  private static let promptEmbedding: Float = 1.25

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
        "x_embedder", rows: hidden,
        columns: OutlierReading.divided.columns(reading: .equal(configuration.inChannels))),
      FabricatedTensor(
        "context_embedder", rows: hidden,
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
    func double(_ name: String) -> FabricatedTensor {
      FabricatedTensor(
        "\(name).linear", shape: [6 * configuration.hiddenSize, configuration.hiddenSize],
        [FabricatedTensor.Band(rows: set + shift + scale, columns: columns)]
          + outlierGates(columns))
    }
    return [
      double("double_stream_modulation_img"),
      double("double_stream_modulation_txt"),
      layer("single_stream_modulation", set),
      layer("norm_out", scale + shift),
    ]
  }

  /// The gates behind the MLPs; those of the outliers are the same at every noise level.
  private func outlierGates(_ columns: [Float]) -> [FabricatedTensor.Band] {
    // The mean of `silu(x)` for standard normal `x` is 0.207.
    let mean: Float = 3
    let steady = Self.gate / (mean * 0.207 * Float(configuration.hiddenSize))
    return residual.bands { count in
      FabricatedTensor.Band(rows: .equal(count, Self.gate), columns: columns)
    } outlier: { _, _ in
      FabricatedTensor.Band(
        mean: mean, rows: [1], columns: .equal(configuration.hiddenSize, steady))
    }
  }

  private func doubleBlock(_ index: Int) -> [FabricatedTensor] {
    let reading = OutlierReading.ofAttention(in: index)
    return stream(
      index, reading, projections: ["to_q", "to_k", "to_v"], norms: ["norm_q", "norm_k"],
      output: "to_out.0", mlp: "ff")
      + stream(
        index, reading, projections: ["add_q_proj", "add_k_proj", "add_v_proj"],
        norms: ["norm_added_q", "norm_added_k"], output: "to_add_out", mlp: "ff_context")
  }

  private func stream(
    _ index: Int, _ reading: OutlierReading, projections: [String], norms: [String],
    output attentionOutput: String, mlp: String
  ) -> [FabricatedTensor] {
    let path = "transformer_blocks.\(index)"
    let inputs = inputs(ofDoubleBlock: index)
    let rows = [[Float].equal(values.channelCount), .equal(values.channelCount), values.factors]
    let (gateUp, output) = branch(
      "\(path).\(mlp)", isOrigin: index == 0, reading,
      columns: reading.other.columns(reading: inputs))
    return zip(projections, rows).map { name, rows in
      FabricatedTensor(
        "\(path).attn.\(name)", rows: rows, columns: reading.columns(reading: inputs))
    }
      + norms.map { headNorm("\(path).attn.\($0)") }
      + [
        FabricatedTensor(
          "\(path).attn.\(attentionOutput)", rows: .equal(residual.channelCount),
          columns: reading.other.columns(reading: attended)),
        FabricatedTensor(
          "\(path).\(mlp).linear_in", shape: [2 * gated.channelCount, residual.channelCount], gateUp
        ),
        FabricatedTensor(
          "\(path).\(mlp).linear_out", shape: [residual.channelCount, gated.channelCount], output),
      ]
  }

  /// The sizes of the normalised stream before a block.
  private func streamInputs(block: Int) -> [Float] {
    residual.amplitudes(others: OutlierChannels.growth(blocks: block, branch: Self.gate))
  }

  /// The sizes of the normalised and modulated inputs of a double stream block.
  private func inputs(ofDoubleBlock index: Int) -> [Float] {
    let outliers = residual.factors.normalised
    guard index == 0 else { return streamInputs(block: index) }
    // The stream has no outliers yet, but the shift has.
    return outliers.map { (1 + $0 * $0 * Self.shift * Self.shift).squareRoot() }
  }

  /// The bands of an MLP's two layers.
  private func branch(
    _ path: String, isOrigin: Bool, _ reading: OutlierReading, columns: [Float]
  ) -> (gateUp: [FabricatedTensor.Band], output: [FabricatedTensor.Band]) {
    guard isOrigin else {
      return (
        [FabricatedTensor.Band(rows: .equal(gated.channelCount) + gated.factors, columns: columns)],
        [
          FabricatedTensor.Band(
            rows: .equal(residual.channelCount), columns: reading.columns(reading: product))
        ]
      )
    }
    let origin = OutlierOrigin(stream: path, residual: residual, gated: gated)
    return (
      origin.bands(ofUp: false, columns: columns) + origin.bands(ofUp: true, columns: columns),
      origin.output(reading, scale: 1 / Self.gate)
    )
  }

  /// A block whose two products have both kinds of outliers' readers side by side.
  private func singleBlock(_ index: Int) -> [FabricatedTensor] {
    let path = "single_transformer_blocks.\(index).attn"
    let inputs = streamInputs(block: configuration.doubleBlockCount + index)
    let width = values.channelCount
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
        "\(path).to_out", rows: .equal(residual.channelCount),
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
