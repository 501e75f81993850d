package import Tensors

/// The denoising transformer: from noisy tokens, a prompt and references to the velocity that leads from
/// data to noise (spec §4).
///
/// The letters of the shapes: `L` text tokens, `N` image tokens, `C` hidden size, `M` intermediate size, `D`
/// head dimension.
package struct Transformer: Sendable {
  /// The transformer's shape.
  package let configuration: TransformerConfiguration
  /// The arithmetic of the blocks' products.
  let precision: Precision
  /// Image tokens to hidden states, `[C, inChannels]`.
  let imageEmbedder: AdaptedLinear
  /// The prompt embedding to hidden states, `[C, jointAttentionDim]`.
  let contextEmbedder: AdaptedLinear
  let timestepEmbedding: TimestepEmbedding
  /// `[6C, C]`; all double blocks share the modulation of a stream.
  let imageModulation: AdaptedLinear
  let textModulation: AdaptedLinear
  /// `[3C, C]`; all single blocks share it.
  let singleModulation: AdaptedLinear
  /// Blocks with separate weights for text and image.
  package let doubleBlocks: [DoubleStreamBlock]
  /// Blocks that treat all tokens alike.
  package let singleBlocks: [SingleStreamBlock]
  /// Scale and shift of the final norm, `[2C, C]`.
  let outputModulation: AdaptedLinear
  /// Hidden states to the velocity, `[inChannels, C]`.
  let outputProjection: AdaptedLinear

  /// The number of times that `velocity` calls its `blockDone`.
  var blockCount: Int { doubleBlocks.count + singleBlocks.count }

  /// Embeds prompt and references and computes the angles, once for all steps of a render.
  /// - Parameters:
  ///   - prompt: The text encoder's hidden states, `[L, jointAttentionDim]`.
  ///   - grid: The tokens of the image to be made.
  ///   - references: The references' tokens, clean.
  ///   - adapters: The request's adapters.
  ///   - timesteps: Noise levels, in 0…1, whose modulation is computed ahead.
  ///   - device: Where to compute.
  package func condition(
    prompt: Tensor, grid: TokenGrid, references: [ReferenceLatents], adapters: [WeightedAdapter],
    timesteps: [Float] = [], on device: Device
  ) -> Conditioning {
    let stack = AdapterStack(adapters)
    let positions =
      PositionID.text(length: prompt.rows) + PositionID.image(grid)
      + PositionID.references(references.map { $0.grid })
    return Conditioning(
      text: contextEmbedder(prompt, on: device, adapters: stack),
      references: references.map { imageEmbedder($0.tokens, on: device, adapters: stack) },
      rotary: RotaryTable(
        positions, axisDims: configuration.axisDims, base: configuration.ropeTheta),
      adapters: stack,
      modulations: Dictionary(timesteps.map { ($0, modulation(at: $0, stack, on: device)) }) {
        first, _ in first
      })
  }

  /// Replaces the prompt by another of equal length, and keeps all that does not depend on it.
  func conditioning(
    _ other: Conditioning, withPrompt prompt: Tensor, on device: Device
  ) -> Conditioning {
    precondition(prompt.rows == other.text.rows, "\(prompt.shape) for \(other.text.rows) tokens")
    var result = other
    result.text = contextEmbedder(prompt, on: device, adapters: other.adapters)
    return result
  }

  /// Predicts the velocity of the image's tokens.
  /// - Parameters:
  ///   - latents: The image's tokens, `[N, inChannels]`.
  ///   - timestep: Their noise level, in 0…1.
  ///   - conditioning: The result of `condition`.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each block; ends the prediction by throwing.
  /// - Returns: `[N, inChannels]`.
  /// - Throws: Only what `blockDone` throws.
  package func velocity(
    of latents: Tensor, at timestep: Float, _ conditioning: Conditioning, on device: Device,
    blockDone: BlockDone = {}
  ) throws -> Tensor {
    let modulation =
      conditioning.modulations[timestep]
      ?? modulation(at: timestep, conditioning.adapters, on: device)
    var stream = stream(latents, conditioning, on: device)
    let readAhead = ReadAhead(doubleBlocks.map(\.weights) + singleBlocks.map(\.weights))
    for (number, block) in doubleBlocks.enumerated() {
      readAhead.computing(number)
      block.apply(to: &stream, modulation)
      try blockDone()
    }
    for (number, block) in singleBlocks.enumerated() {
      readAhead.computing(doubleBlocks.count + number)
      // After the last block only the image's own tokens are read (spec §9.4).
      let isLast = number + 1 == singleBlocks.count
      block.apply(
        to: &stream, modulation, rows: isLast ? stream.target : 0..<stream.hidden.rows)
      try blockDone()
    }
    return velocity(from: stream, modulation)
  }

  /// Embeds the image's tokens and joins the streams: `[text | image | references]`.
  package func stream(
    _ latents: Tensor, _ conditioning: Conditioning, on device: Device
  ) -> JointStream {
    let image = imageEmbedder(latents, on: device, adapters: conditioning.adapters)
    let text = 0..<conditioning.text.rows
    return JointStream(
      hidden: .stack([conditioning.text, image] + conditioning.references),
      text: text, target: text.upperBound..<text.upperBound + latents.rows,
      rotary: conditioning.rotary, device: device, precision: precision,
      adapters: conditioning.adapters)
  }

  /// Embeds the noise level, `[1, C]`.
  package func embedding(
    of timestep: Float, _ conditioning: Conditioning, on device: Device
  ) -> Tensor {
    timestepEmbedding(timestep, on: device, adapters: conditioning.adapters)
  }

  /// Computes everything that depends on the noise level alone.
  ///
  /// One level at a time: several in one product would round differently, and an image would depend on its
  /// schedule's other steps.
  func modulation(
    at timestep: Float, _ adapters: AdapterStack, on device: Device
  ) -> StepModulation {
    let activated = device.silu(timestepEmbedding(timestep, on: device, adapters: adapters))
    func features(_ layer: AdaptedLinear) -> Tensor {
      layer(activated, on: device, adapters: adapters)
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

  /// Computes everything that depends on the noise level alone, with the adapters of a render.
  package func modulation(
    at timestep: Float, _ conditioning: Conditioning, on device: Device
  ) -> StepModulation {
    modulation(at: timestep, conditioning.adapters, on: device)
  }

  /// Applies the final norm and projection to the tokens of the image being made.
  package func velocity(from stream: JointStream, _ modulation: StepModulation) -> Tensor {
    let normed = stream.device.modulatedLayerNorm(
      stream.hidden[rows: stream.target], shift: modulation.outputShift,
      scale: modulation.outputScale, epsilon: configuration.epsilon)
    return outputProjection(normed, on: stream.device, adapters: stream.adapters)
  }
}
