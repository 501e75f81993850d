package import Tensors

/// The denoising transformer: from noisy tokens, a prompt and references to the velocity that leads from
/// data to noise (spec §4).
package struct Transformer: Sendable {
  /// The transformer's shape.
  package let configuration: TransformerConfiguration
  let imageEmbedder: LoRALinear
  let contextEmbedder: LoRALinear
  let timestepEmbedding: TimestepEmbedding
  let imageModulation: LoRALinear
  let textModulation: LoRALinear
  let singleModulation: LoRALinear
  /// Blocks with separate weights for text and image.
  package let doubleBlocks: [DoubleStreamBlock]
  /// Blocks that treat all tokens alike.
  package let singleBlocks: [SingleStreamBlock]
  let outputModulation: LoRALinear
  let output: LoRALinear

  /// How often `velocity` calls its `blockDone`.
  var blockCount: Int { doubleBlocks.count + singleBlocks.count }

  /// Predicts the velocity of the image's tokens.
  /// - Parameters:
  ///   - latents: The image's tokens, `[N, inChannels]`.
  ///   - time: Their noise level, in 0…1.
  ///   - conditioning: What does not change between steps.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block; ends the prediction by throwing.
  /// - Returns: `[N, inChannels]`.
  package func velocity(
    of latents: Tensor, at timestep: Float, _ conditioning: Conditioning, on device: Device,
    blockDone: BlockDone = {}
  ) throws -> Tensor {
    let modulation = modulation(at: timestep, conditioning, on: device)
    var stream = stream(latents, conditioning, on: device)
    for block in doubleBlocks {
      block.apply(to: &stream, modulation)
      try blockDone()
    }
    for (number, block) in singleBlocks.enumerated() {
      // After the last block only the image's own tokens are read (spec §9.4).
      let isLast = number + 1 == singleBlocks.count
      block.apply(
        to: &stream, modulation, rows: isLast ? stream.target : 0..<stream.hidden.rows)
      try blockDone()
    }
    return velocity(from: stream, modulation)
  }

  /// Embeds tokens and puts them behind the prompt's: `[text | image | references]`.
  package func stream(
    _ latents: Tensor, _ conditioning: Conditioning, on device: Device
  ) -> JointStream {
    let image = imageEmbedder(latents, on: device, adapters: conditioning.adapters)
    let text = 0..<conditioning.text.rows
    return JointStream(
      hidden: .stack([conditioning.text, image] + conditioning.references),
      text: text, target: text.upperBound..<text.upperBound + latents.rows,
      rotary: conditioning.rotary, device: device, adapters: conditioning.adapters)
  }

  /// The noise level as features, `[1, C]`.
  package func embedding(
    of timestep: Float, _ conditioning: Conditioning, on device: Device
  ) -> Tensor {
    timestepEmbedding(timestep, on: device, adapters: conditioning.adapters)
  }

  /// Everything that depends on the noise level alone.
  package func modulation(
    at timestep: Float, _ conditioning: Conditioning, on device: Device
  ) -> StepModulation {
    let adapters = conditioning.adapters
    let activated = device.silu(embedding(of: timestep, conditioning, on: device))
    func features(_ projection: LoRALinear) -> Tensor {
      projection(activated, on: device, adapters: adapters)
    }
    let hiddenSize = configuration.hiddenSize
    // The final norm has scale before shift, the reverse of the blocks (spec §4.8).
    let output = features(outputModulation).elements
    return StepModulation(
      text: Modulation.sets(features(textModulation), hiddenSize: hiddenSize),
      image: Modulation.sets(features(imageModulation), hiddenSize: hiddenSize),
      single: Modulation.sets(features(singleModulation), hiddenSize: hiddenSize)[0],
      outputScale: Tensor(shape: [hiddenSize], elements: Array(output[0..<hiddenSize])),
      outputShift: Tensor(shape: [hiddenSize], elements: Array(output[hiddenSize..<2 * hiddenSize]))
    )
  }

  /// The final norm and projection, for the tokens of the image alone.
  package func velocity(from stream: JointStream, _ modulation: StepModulation) -> Tensor {
    let normed = stream.device.modulatedLayerNorm(
      stream.hidden[rows: stream.target], shift: modulation.outputShift,
      scale: modulation.outputScale, epsilon: configuration.epsilon)
    return output(normed, on: stream.device, adapters: stream.adapters)
  }
}
