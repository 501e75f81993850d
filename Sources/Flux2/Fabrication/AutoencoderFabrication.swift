/// The random weights of an autoencoder (spec §6, table).
struct AutoencoderFabrication: Sendable {
  /// Root mean square of `silu(x)` for standard normal `x`.
  private static let activated: Float = 0.6
  /// Deviation of what a branch adds to its input, whose own is about 1.
  private static let branch: Float = 0.5
  /// Deviation of the pixels, which go from -1 to 1.
  private static let pixels: Float = 0.5

  let configuration: AutoencoderConfiguration

  init(_ shape: ModelShape) { configuration = shape.autoencoder }

  /// All tensors in their order, but for the counter of the statistics.
  var tensors: [FabricatedTensor] {
    let latents = configuration.latentChannels
    return encoder
      + convolution("quant_conv", from: 2 * latents, to: 2 * latents, kernel: 1)
      + convolution("post_quant_conv", from: latents, to: latents, kernel: 1)
      + decoder + [
        FabricatedTensor(
          vector: "bn.running_mean", count: configuration.tokenChannels, mean: 0, deviation: 0.1),
        FabricatedTensor(
          vector: "bn.running_var", count: configuration.tokenChannels, mean: 1, deviation: 0.1),
      ]
  }

  private var encoder: [FabricatedTensor] {
    let channels = configuration.encoderChannels
    let (first, last) = (channels[0], channels[channels.count - 1])
    var tensors = convolution("encoder.conv_in", from: 3, to: first)
    for (index, output) in channels.enumerated() {
      let name = "encoder.down_blocks.\(index)"
      tensors += resnets(
        name, from: channels[max(index - 1, 0)], to: output, count: configuration.layersPerBlock)
      if index + 1 < channels.count {
        tensors += convolution("\(name).downsamplers.0.conv", from: output, to: output)
      }
    }
    return tensors + midBlock("encoder.mid_block", last) + norm("encoder.conv_norm_out", last)
      + convolution(
        "encoder.conv_out", from: last, to: 2 * configuration.latentChannels,
        gain: 1 / Self.activated)
  }

  private var decoder: [FabricatedTensor] {
    let channels = Array(configuration.decoderChannels.reversed())
    let (first, last) = (channels[0], channels[channels.count - 1])
    var tensors =
      convolution("decoder.conv_in", from: configuration.latentChannels, to: first)
      + midBlock("decoder.mid_block", first)
    for (index, output) in channels.enumerated() {
      let name = "decoder.up_blocks.\(index)"
      tensors += resnets(
        name, from: channels[max(index - 1, 0)], to: output,
        count: configuration.layersPerBlock + 1)
      if index + 1 < channels.count {
        tensors += convolution("\(name).upsamplers.0.conv", from: output, to: output)
      }
    }
    return tensors + norm("decoder.conv_norm_out", last)
      + convolution("decoder.conv_out", from: last, to: 3, gain: Self.pixels / Self.activated)
  }

  private func resnets(
    _ name: String, from input: Int, to output: Int, count: Int
  ) -> [FabricatedTensor] {
    (0..<count).flatMap {
      resnet("\(name).resnets.\($0)", from: $0 == 0 ? input : output, to: output)
    }
  }

  private func resnet(
    _ name: String, from input: Int, to output: Int
  ) -> [FabricatedTensor] {
    norm("\(name).norm1", input)
      + convolution("\(name).conv1", from: input, to: output, gain: 1 / Self.activated)
      + norm("\(name).norm2", output)
      + convolution("\(name).conv2", from: output, to: output, gain: Self.branch / Self.activated)
      + (input == output
        ? [] : convolution("\(name).conv_shortcut", from: input, to: output, kernel: 1))
  }

  private func midBlock(_ name: String, _ channels: Int) -> [FabricatedTensor] {
    let attention = "\(name).attentions.0"
    let projections = ["to_q", "to_k", "to_v"].flatMap {
      linear("\(attention).\($0)", channels, gain: 1)
    }
    return resnet("\(name).resnets.0", from: channels, to: channels)
      + norm("\(attention).group_norm", channels) + projections
      + linear("\(attention).to_out.0", channels, gain: Self.branch)
      + resnet("\(name).resnets.1", from: channels, to: channels)
  }

  private func linear(_ path: String, _ channels: Int, gain: Float) -> [FabricatedTensor] {
    layer(path, shape: [channels, channels], gain: gain)
  }

  private func convolution(
    _ path: String, from input: Int, to output: Int, kernel: Int = 3, gain: Float = 1
  ) -> [FabricatedTensor] {
    layer(path, shape: [output, input, kernel, kernel], gain: gain)
  }

  private func layer(_ path: String, shape: [Int], gain: Float) -> [FabricatedTensor] {
    let inputs = shape.dropFirst().reduce(1, *)
    let columns = [Float].equal(inputs, gain / Float(inputs).squareRoot())
    return [
      FabricatedTensor(path, shape: shape, [.init(rows: .equal(shape[0]), columns: columns)]),
      FabricatedTensor(vector: "\(path).bias", count: shape[0], mean: 0, deviation: 0.1),
    ]
  }

  private func norm(_ path: String, _ channels: Int) -> [FabricatedTensor] {
    [
      TextEncoderFabrication.norm(path, channels),
      FabricatedTensor(vector: "\(path).bias", count: channels, mean: 0, deviation: 0.1),
    ]
  }
}
