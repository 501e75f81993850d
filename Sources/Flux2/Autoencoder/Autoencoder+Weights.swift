import Tensors
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
    normalization = LatentNormalization(
      means: try loader.reader.vector("bn.running_mean", count: configuration.tokenChannels),
      variances: try loader.reader.vector("bn.running_var", count: configuration.tokenChannels),
      epsilon: configuration.batchNormEpsilon)
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
    let (first, last) = (channels[0], channels[channels.count - 1])
    let convIn = try convolution("encoder.conv_in", from: 3, to: first)
    var downBlocks: [DownBlock] = []
    var input = first
    for (index, output) in channels.enumerated() {
      let name = "encoder.down_blocks.\(index)"
      downBlocks.append(
        DownBlock(
          resnets: try resnets(
            name, from: input, to: output, count: configuration.layersPerBlock),
          downsampler: index + 1 == channels.count
            ? nil
            : try convolution(
              "\(name).downsamplers.0.conv", from: output, to: output, .downsampling)))
      input = output
    }
    let moments = 2 * configuration.latentChannels
    let convOut = try convolution("encoder.conv_out", from: last, to: moments)
    let quantConv =
      configuration.hasQuantConv
      ? try convolution("quant_conv", from: moments, to: moments, .pointwise) : nil
    return VAEEncoder(
      convIn: convIn, downBlocks: downBlocks,
      midBlock: try midBlock("encoder.mid_block", channels: last),
      convNormOut: try norm("encoder.conv_norm_out", channels: last),
      convOut: quantConv == nil ? convOut.keeping(configuration.latentChannels) : convOut,
      quantConv: quantConv?.keeping(configuration.latentChannels))
  }

  mutating func decoder() throws(WeightsError) -> VAEDecoder {
    let channels = Array(configuration.decoderChannels.reversed())
    let (first, last) = (channels[0], channels[channels.count - 1])
    let latent = configuration.latentChannels
    let postQuantConv =
      configuration.hasPostQuantConv
      ? try convolution("post_quant_conv", from: latent, to: latent, .pointwise) : nil
    let convIn = try convolution("decoder.conv_in", from: latent, to: first)
    var upBlocks: [UpBlock] = []
    var input = first
    for (index, output) in channels.enumerated() {
      let name = "decoder.up_blocks.\(index)"
      upBlocks.append(
        UpBlock(
          resnets: try resnets(
            name, from: input, to: output, count: configuration.layersPerBlock + 1),
          upsampler: index + 1 == channels.count
            ? nil
            : try convolution("\(name).upsamplers.0.conv", from: output, to: output, .upsampling)))
      input = output
    }
    return VAEDecoder(
      postQuantConv: postQuantConv, convIn: convIn,
      midBlock: try midBlock("decoder.mid_block", channels: first), upBlocks: upBlocks,
      convNormOut: try norm("decoder.conv_norm_out", channels: last),
      convOut: try convolution("decoder.conv_out", from: last, to: 3))
  }

  private mutating func resnets(
    _ name: String, from input: Int, to output: Int, count: Int
  ) throws(WeightsError) -> [ResidualBlock] {
    var resnets: [ResidualBlock] = []
    for index in 0..<count {
      resnets.append(
        try resnet("\(name).resnets.\(index)", from: index == 0 ? input : output, to: output))
    }
    return resnets
  }

  private mutating func resnet(
    _ name: String, from input: Int, to output: Int
  ) throws(WeightsError) -> ResidualBlock {
    ResidualBlock(
      norm1: try norm("\(name).norm1", channels: input),
      conv1: try convolution("\(name).conv1", from: input, to: output),
      norm2: try norm("\(name).norm2", channels: output),
      conv2: try convolution("\(name).conv2", from: output, to: output),
      shortcut: input == output
        ? nil : try convolution("\(name).conv_shortcut", from: input, to: output, .pointwise))
  }

  private mutating func midBlock(_ name: String, channels: Int) throws(WeightsError) -> MidBlock {
    MidBlock(
      firstResnet: try resnet("\(name).resnets.0", from: channels, to: channels),
      attention: configuration.hasMidBlockAttention
        ? try attention("\(name).attentions.0", channels: channels) : nil,
      secondResnet: try resnet("\(name).resnets.1", from: channels, to: channels))
  }

  private mutating func attention(
    _ name: String, channels: Int
  ) throws(WeightsError) -> VAEAttention {
    VAEAttention(
      norm: try norm("\(name).group_norm", channels: channels),
      query: try linear("\(name).to_q", channels: channels),
      key: try linear("\(name).to_k", channels: channels),
      value: try linear("\(name).to_v", channels: channels),
      output: try linear("\(name).to_out.0", channels: channels))
  }

  private mutating func linear(_ name: String, channels: Int) throws(WeightsError) -> Linear {
    Linear(
      weight: try reader.tensor("\(name).weight", shape: [channels, channels]),
      bias: try reader.vector("\(name).bias", count: channels))
  }

  private mutating func norm(_ name: String, channels: Int) throws(WeightsError) -> GroupNorm {
    GroupNorm(
      weight: try reader.vector("\(name).weight", count: channels),
      bias: try reader.vector("\(name).bias", count: channels),
      groupCount: configuration.groupCount)
  }

  private mutating func convolution(
    _ name: String, from input: Int, to output: Int, _ geometry: ConvolutionGeometry = .same
  ) throws(WeightsError) -> Conv2d {
    let kernel = geometry == .pointwise ? 1 : 3
    return Conv2d(
      weight: try reader.tensor("\(name).weight", shape: [output, input, kernel, kernel]),
      bias: try reader.vector("\(name).bias", count: output), geometry: geometry)
  }
}

extension Conv2d {
  /// The same convolution with its first `count` output channels alone.
  fileprivate func keeping(_ count: Int) -> Conv2d {
    Conv2d(
      weight: kernel.weight.rows(0..<count),
      bias: Tensor(shape: [count], elements: Array((kernel.bias?.elements ?? []).prefix(count))),
      geometry: kernel.geometry)
  }
}
