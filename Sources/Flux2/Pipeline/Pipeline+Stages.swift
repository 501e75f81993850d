package import Imaging
package import Tensors
import Tokenization

// The stages of a render, one by one. The results of the first ones can be cached.
extension Pipeline {
  /// Returns the geometry of the requested image.
  package func geometry(of request: PipelineRequest) -> ImageGeometry {
    ImageGeometry(
      width: request.width, height: request.height, pixelsPerToken: pixelsPerToken,
      bucket: .best(of: model.resolutionBuckets, width: request.width, height: request.height))
  }

  /// Returns the geometry to encode a reference in; nil for a model without resolution buckets.
  ///
  /// It is the image's own for a single reference, which is the one to be edited, so that their tokens
  /// coincide; otherwise a bucket of about as many pixels.
  func geometry(of reference: Raster, among count: Int, for geometry: ImageGeometry)
    -> ImageGeometry?
  {
    guard !model.resolutionBuckets.isEmpty else { return nil }
    if count == 1 { return geometry }
    return ImageGeometry(
      reference: reference.width, reference.height, pixelsPerToken: pixelsPerToken,
      buckets: model.resolutionBuckets, besides: geometry)
  }

  /// Returns the noise levels; an edit with a source may leave out the first ones (spec §9.6).
  package func schedule(for request: PipelineRequest, _ geometry: ImageGeometry) -> Schedule {
    let whole = Schedule(
      stepCount: request.stepCount, tokenCount: geometry.grid.count, configuration: model.scheduler)
    return request.source == nil ? whole : whole.remaining(strength: request.strength)
  }

  /// Encodes a prompt; the same prompt always gives the same embedding, with the same adapters of the text
  /// encoder.
  package func encodePrompt(
    _ prompt: String, adapters: [WeightedAdapter] = [], blockDone: BlockDone = {}
  ) throws -> PromptEmbedding {
    let changes = adapters.textEncoderIdentity
    return try cache.prompt(prompt, changes: changes) {
      let tokens = model.tokenizer.encodeChat(prompt: prompt, length: model.promptLength)
      if let states = promptStore?.load(tokens, changes: changes) {
        return PromptEmbedding(hiddenStates: states)
      }
      let states = try model.textEncoder.encode(
        tokens.ids, count: tokens.count, adapters: AdapterStack(adapters), on: device,
        blockDone: blockDone)
      promptStore?.save(states, for: tokens, changes: changes)
      return PromptEmbedding(hiddenStates: states)
    }
  }

  /// Encodes a reference; the same image in the same geometry always gives the same latents.
  /// - Parameters:
  ///   - image: The image.
  ///   - geometry: The geometry to fit it to; nil to keep its own size.
  ///   - blockDone: Called after each block; ends the encoding by throwing.
  package func encodeReference(
    _ image: Raster, in geometry: ImageGeometry? = nil, blockDone: BlockDone = {}
  ) throws -> ReferenceLatents {
    try cache.reference(image, in: geometry) {
      let prepared =
        if let geometry { image.asReference(in: geometry) } else {
          try image.asReference(pixelsPerToken: pixelsPerToken)
        }
      return ReferenceLatents(
        tokens: try model.autoencoder.encode(
          prepared.features, on: device, blockDone: blockDone),
        grid: TokenGrid(
          rows: prepared.height / pixelsPerToken, columns: prepared.width / pixelsPerToken))
    }
  }

  /// Draws the noise of a seed, `[N, C]`.
  package func noise(for geometry: ImageGeometry, seed: UInt64) -> Tensor {
    Latents.noise(geometry.grid, channels: model.transformer.configuration.inChannels, seed: seed)
  }

  /// Encodes the source of an edit, `[N, C]`; nil where nothing of it is needed.
  /// - Parameter reference: The source as a reference, which need not be encoded again where both are the
  ///   same pixels.
  package func encodeSource(
    of request: PipelineRequest, _ geometry: ImageGeometry, reference: ReferenceLatents? = nil,
    blockDone: BlockDone = {}
  ) throws -> Tensor? {
    guard let source = request.encodedSource else { return nil }
    if let reference, try isReference(source, of: request, in: geometry) { return reference.tokens }
    return try model.autoencoder.encode(
      asSource(source, of: geometry).features, on: device, blockDone: blockDone)
  }

  private func asSource(_ image: Raster, of geometry: ImageGeometry) throws(Flux2Error) -> Raster {
    try image.asSource(
      of: geometry, pixelsPerToken: model.resolutionBuckets.isEmpty ? pixelsPerToken : nil)
  }

  /// Makes the latents at which denoising starts, `[N, C]`: the noise, or a source with as much of it as the
  /// first level of the schedule has (spec §9.6).
  package func start(_ schedule: Schedule, noise: Tensor, source: Tensor?) -> Tensor {
    guard let source else { return noise }
    return Latents.mix(source, noise: noise, sigma: schedule.sigmas.first ?? 0)
  }

  /// Prepares what keeps parts of the source; nil without a mask, which is cut and scaled as the source.
  package func inpainting(
    of request: PipelineRequest, _ geometry: ImageGeometry, noise: Tensor, source: Tensor?
  ) throws(Flux2Error) -> Inpainting? {
    guard let mask = request.mask, let source else { return nil }
    return Inpainting(
      shares: try asSource(mask, of: geometry).repaintedShares(pixelsPerToken: pixelsPerToken),
      source: source, noise: noise)
  }

  /// Returns whether the source of a render is the same pixels as its reference: of a single image always
  /// with resolution buckets, otherwise where the reference has the size that is rendered.
  func isReference(
    _ source: Raster, of request: PipelineRequest, in geometry: ImageGeometry
  ) throws(Flux2Error) -> Bool {
    guard model.resolutionBuckets.isEmpty else { return request.references.count == 1 }
    let size = try source.referenceSize(pixelsPerToken: pixelsPerToken)
    return size == (geometry.renderedWidth, geometry.renderedHeight)
      && size == (geometry.shownWidth, geometry.shownHeight)
  }

  /// Prepares the transformer's conditioning for the steps of a schedule; the model's own adapter comes
  /// before the request's.
  package func condition(
    _ prompt: GuidedPrompt, _ references: [ReferenceLatents], _ geometry: ImageGeometry,
    _ schedule: Schedule,
    adapters: [WeightedAdapter]
  ) -> RenderConditioning {
    let expert = model.lowNoiseExpert
    let timesteps = schedule.steps.map(\.timestep)
    let low = timesteps.filter { $0 < expert?.boundary ?? 0 }
    func conditioning(
      _ adapters: [WeightedAdapter], _ timesteps: [Float]
    ) -> GuidedConditioning {
      let conditional = model.transformer.condition(
        prompt: prompt.conditional.hiddenStates, grid: geometry.grid, references: references,
        adapters: adapters, timesteps: timesteps, on: device)
      // Both passes of guidance share references, angles and modulation.
      return GuidedConditioning(
        conditional: conditional,
        unconditional: prompt.unconditional.map {
          model.transformer.conditioning(conditional, withPrompt: $0.hiddenStates, on: device)
        }, scale: prompt.scale)
    }
    return RenderConditioning(
      usual: conditioning(adapters, timesteps.filter { $0 >= expert?.boundary ?? 0 }),
      lowNoise: low.isEmpty
        ? nil
        : expert.map {
          conditioning([WeightedAdapter(adapter: $0.adapter, strength: 1)] + adapters, low)
        },
      boundary: low.isEmpty ? 0 : expert?.boundary ?? 0)
  }

  /// Moves latents from one noise level to the next.
  /// - Returns: The velocity they were moved along, `[N, C]`.
  @discardableResult
  package func denoise(
    _ latents: inout Tensor, _ step: Schedule.Step, _ conditions: RenderConditioning,
    blockDone: BlockDone = {}
  ) throws -> Tensor {
    let velocity = try velocity(of: latents, at: step.timestep, conditions, blockDone: blockDone)
    Latents.step(&latents, velocity: velocity, step)
    return velocity
  }

  /// Predicts the velocity, `[N, C]`, with guidance if there is an unconditional prompt.
  package func velocity(
    of latents: Tensor, at timestep: Float, _ conditions: RenderConditioning,
    blockDone: BlockDone = {}
  ) throws -> Tensor {
    let conditions = conditions.conditions(at: timestep)
    func velocity(_ conditioning: Conditioning) throws -> Tensor {
      try model.transformer.velocity(
        of: latents, at: timestep, conditioning, on: device, blockDone: blockDone)
    }
    let conditional = try velocity(conditions.conditional)
    guard let unconditional = conditions.unconditional else { return conditional }
    let away = try velocity(unconditional)
    guard let limit = model.guidanceLimit else {
      return Latents.guide(conditional, away: away, scale: conditions.scale)
    }
    return Latents.guide(
      conditional, away: away, scale: conditions.scale, limit: limit, of: latents, sigma: timestep)
  }

  /// Decodes latents to an image of the requested size.
  /// - Throws: `Flux2Error` of the kind `overflow` for latents that are not finite, or what `blockDone`
  ///   throws.
  package func decode(
    _ latents: Tensor, _ geometry: ImageGeometry, blockDone: BlockDone = {}
  ) throws -> Raster {
    guard latents.elements.allSatisfy({ $0.isFinite }) else {
      throw Flux2Error(.overflow, "model", "the weights give latents that are not numbers")
    }
    let image = try model.autoencoder.image(
      from: latents, height: geometry.grid.rows, width: geometry.grid.columns, on: device,
      blockDone: blockDone)
    return geometry.image(from: image)
  }
}
