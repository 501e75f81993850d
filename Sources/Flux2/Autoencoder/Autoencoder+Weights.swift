internal import Tensors
public import Weights

extension Autoencoder {
  /// Reads the weights in diffusers' spelling; they must match the configuration exactly.
  public init(
    _ configuration: AutoencoderConfiguration, _ checkpoint: Checkpoint
  ) throws(WeightsError) {
    var loader = AutoencoderLoader(
      reader: TensorReader(checkpoint), configuration: configuration)
    self.configuration = configuration
    encoder = try loader.encoder()
    decoder = try loader.decoder()
    statistics = LatentNormalization(
      means: try loader.reader.vector("bn.running_mean", count: configuration.tokenWidth),
      variances: try loader.reader.vector("bn.running_var", count: configuration.tokenWidth),
      epsilon: configuration.latentEpsilon)
    loader.reader.skip("bn.num_batches_tracked")
    try loader.reader.finish()
  }
}

/// Assembles the autoencoder from named tensors (spec §6, table).
private struct AutoencoderLoader {
  var reader: TensorReader
  let configuration: AutoencoderConfiguration

  mutating func encoder() throws(WeightsError) -> VAEEncoder {
    let channels = configuration.encoderChannels
    let (first, last, latent) = (
      channels[0], channels[channels.count - 1], configuration.latentChannels
    )
    let input = try convolution("encoder.conv_in", from: 3, to: first)
    var levels: [ImageLevel] = []
    var width = first
    for (index, next) in channels.enumerated() {
      levels.append(
        try level(
          "encoder.down_blocks.\(index)", from: width, to: next,
          blockCount: configuration.blocksPerLevel,
          resampling: index + 1 < channels.count ? ("downsamplers.0.conv", .downsampling) : nil))
      width = next
    }
    let output = try convolution("encoder.conv_out", from: last, to: 2 * latent)
    let moments =
      configuration.convolvesMoments
      ? try convolution("quant_conv", from: 2 * latent, to: 2 * latent, .pointwise) : nil
    return VAEEncoder(
      input: input, levels: levels, midBlock: try midBlock("encoder.mid_block", width: last),
      outputNorm: try norm("encoder.conv_norm_out", width: last),
      output: moments == nil ? output.keeping(latent) : output,
      moments: moments?.keeping(latent))
  }

  mutating func decoder() throws(WeightsError) -> VAEDecoder {
    let channels = Array(configuration.decoderChannels.reversed())
    let (first, last, latent) = (
      channels[0], channels[channels.count - 1], configuration.latentChannels
    )
    let latents =
      configuration.convolvesLatents
      ? try convolution("post_quant_conv", from: latent, to: latent, .pointwise) : nil
    let input = try convolution("decoder.conv_in", from: latent, to: first)
    var levels: [ImageLevel] = []
    var width = first
    for (index, next) in channels.enumerated() {
      levels.append(
        try level(
          "decoder.up_blocks.\(index)", from: width, to: next,
          blockCount: configuration.blocksPerLevel + 1,
          resampling: index + 1 < channels.count ? ("upsamplers.0.conv", .upsampling) : nil))
      width = next
    }
    return VAEDecoder(
      latents: latents, input: input, midBlock: try midBlock("decoder.mid_block", width: first),
      levels: levels, outputNorm: try norm("decoder.conv_norm_out", width: last),
      output: try convolution("decoder.conv_out", from: last, to: 3))
  }

  private mutating func level(
    _ name: String, from input: Int, to output: Int, blockCount: Int,
    resampling: (name: String, geometry: ConvolutionGeometry)?
  ) throws(WeightsError) -> ImageLevel {
    var blocks: [ResidualBlock] = []
    for index in 0..<blockCount {
      blocks.append(
        try residual(
          "\(name).resnets.\(index)", from: index == 0 ? input : output, to: output))
    }
    guard let resampling else { return ImageLevel(blocks: blocks, resampling: nil) }
    return ImageLevel(
      blocks: blocks,
      resampling: try convolution(
        "\(name).\(resampling.name)", from: output, to: output, resampling.geometry))
  }

  private mutating func midBlock(_ name: String, width: Int) throws(WeightsError) -> MidBlock {
    MidBlock(
      first: try residual("\(name).resnets.0", from: width, to: width),
      attention: configuration.attends ? try attention("\(name).attentions.0", width: width) : nil,
      second: try residual("\(name).resnets.1", from: width, to: width))
  }

  private mutating func residual(
    _ name: String, from input: Int, to output: Int
  ) throws(WeightsError) -> ResidualBlock {
    ResidualBlock(
      firstNorm: try norm("\(name).norm1", width: input),
      firstConvolution: try convolution("\(name).conv1", from: input, to: output),
      secondNorm: try norm("\(name).norm2", width: output),
      secondConvolution: try convolution("\(name).conv2", from: output, to: output),
      shortcut: input == output
        ? nil : try convolution("\(name).conv_shortcut", from: input, to: output, .pointwise))
  }

  private mutating func attention(
    _ name: String, width: Int
  ) throws(WeightsError) -> VAEAttention {
    VAEAttention(
      norm: try norm("\(name).group_norm", width: width),
      query: try layer("\(name).to_q", width: width),
      key: try layer("\(name).to_k", width: width),
      value: try layer("\(name).to_v", width: width),
      output: try layer("\(name).to_out.0", width: width))
  }

  private mutating func layer(
    _ name: String, width: Int
  ) throws(WeightsError) -> VAEAttention.Layer {
    VAEAttention.Layer(
      weight: try reader.tensor("\(name).weight", shape: [width, width]),
      bias: try reader.vector("\(name).bias", count: width))
  }

  private mutating func norm(
    _ name: String, width: Int
  ) throws(WeightsError) -> GroupNormalisation {
    GroupNormalisation(
      weight: try reader.vector("\(name).weight", count: width),
      bias: try reader.vector("\(name).bias", count: width),
      groupCount: configuration.groupCount)
  }

  private mutating func convolution(
    _ name: String, from input: Int, to output: Int, _ geometry: ConvolutionGeometry = .same
  ) throws(WeightsError) -> Convolution {
    let kernel = geometry == .pointwise ? 1 : 3
    return Convolution(
      weight: try reader.tensor("\(name).weight", shape: [output, input, kernel, kernel]),
      bias: try reader.vector("\(name).bias", count: output), geometry: geometry)
  }
}

extension Convolution {
  /// The same convolution with its first `count` output channels alone.
  fileprivate func keeping(_ count: Int) -> Convolution {
    Convolution(
      weight: weight.rows(0..<count),
      bias: Tensor(shape: [count], elements: Array(bias.elements.prefix(count))),
      geometry: geometry)
  }
}
