internal import Imaging
public import Tensors

/// A loaded model, from prompt and images to an image.
///
/// ```
/// references → latents ─────┐
/// prompt → hidden states ───┼→ denoising steps → latents → image
/// seed → noise (+ source) ──┘
/// ```
///
/// Nothing in it changes after loading, so one pipeline serves several renders at once.
public final class Pipeline: Sendable {
  /// Tells models apart: 64 hexadecimal digits, the same for every way of storing the same weights.
  public let modelHash: String
  /// Whether the model was distilled to a few steps without guidance.
  public let isDistilled: Bool
  /// Every key of the model's `model_index.json`; none for single files.
  public let indexKeys: [String]
  /// The keys that its configuration has twice.
  public let repeatedKeys: [RepeatedKey]
  /// Where everything is computed.
  public let device: Device
  /// The model's parts.
  package let model: Model
  /// Results of the first stages of earlier renders.
  let cache: ConditioningCache

  /// Pixels that one token covers in each direction: 16 for klein.
  public var pixelsPerToken: Int { model.autoencoder.configuration.pixelsPerToken }

  /// Hits and misses of the cache of embedded prompts and encoded references, and its size.
  public var cacheStatistics: ConditioningCacheStatistics { cache.statistics }

  /// Loads a model; weights are mapped, not read, and must match the configuration exactly.
  /// - Parameters:
  ///   - files: Where the model is.
  ///   - device: Where to compute.
  ///   - cacheByteCount: Memory for embedded prompts and encoded references that may come again.
  public init(
    _ files: ModelFiles, device: Device, cacheByteCount: Int = 0
  ) throws(Flux2Error) {
    let sources = try ModelSources(files)
    model = try Model(sources)
    modelHash = sources.fingerprint
    isDistilled = sources.index.isDistilled
    indexKeys = sources.index.keys
    repeatedKeys = try ModelSources.repeatedKeys(in: files)
    self.device = device
    cache = ConditioningCache(byteLimit: cacheByteCount)
  }

  /// Renders an image.
  /// - Parameters:
  ///   - request: What to render.
  ///   - progress: Told how far the render has come, as each stage begins, after each block of a
  ///     network and after each step; stops the render by throwing.
  ///   - stepDone: Given a sketch of the image after each denoising step, with the number of steps
  ///     done; nothing is drawn unless it asks for it.
  /// - Throws: `Flux2Error`, or what `progress` or `stepDone` throws.
  public func render(
    _ request: PipelineRequest, progress: (PipelineProgress) throws -> Void,
    stepDone: (Int, LatentPreview) throws -> Void = { _, _ in }
  ) throws -> PipelineResult {
    try withoutActuallyEscaping(progress) { progress in
      var clock = StageTimer(reporting: progress)
      let raster = try render(request, &clock, stepDone)
      return PipelineResult(raster: raster, timings: clock.timings)
    }
  }

  private func render(
    _ request: PipelineRequest, _ clock: inout StageTimer,
    _ stepDone: (Int, LatentPreview) throws -> Void
  ) throws -> Raster {
    try request.validate()
    let geometry = geometry(of: request)
    let schedule = schedule(for: request, geometry)
    var (latents, references) = try encodeImages(of: request, geometry, schedule, &clock)
    if !schedule.steps.isEmpty {
      let prompt = try encodePrompts(of: request, &clock)
      let conditions = condition(
        prompt, references, geometry, schedule, adapters: request.adapters)
      let passes = request.guidanceScale > 1 ? 2 : 1
      try clock.run(
        .denoising, stepCount: schedule.steps.count,
        blockCount: passes * model.transformer.blockCount
      ) { meter in
        for (index, step) in schedule.steps.enumerated() {
          let velocity = try denoise(&latents, step, conditions) { try meter.blockDone() }
          try meter.stepDone()
          try stepDone(
            index + 1,
            LatentPreview(
              pipeline: self, geometry: geometry, latents: latents, velocity: velocity,
              sigma: step.nextSigma))
        }
      }
    }
    return try clock.run(.decoding, blockCount: model.autoencoder.decoder.blockCount) { meter in
      let raster = try decode(latents, geometry) { try meter.blockDone() }
      try meter.stepDone()
      return raster
    }
  }

  /// Where denoising starts, and what it looks at.
  private func encodeImages(
    of request: PipelineRequest, _ geometry: ImageGeometry, _ schedule: Schedule,
    _ clock: inout StageTimer
  ) throws -> (latents: Tensor, references: [ReferenceLatents]) {
    let noise = noise(for: geometry, seed: request.seed)
    let images = request.references
    guard !images.isEmpty else { return (noise, []) }
    let needsSource = images.count == 1 && request.strength < 1
    let count = (needsSource ? 1 : 0) + (schedule.steps.isEmpty ? 0 : images.count)
    return try clock.run(
      .encodingReferences, stepCount: count,
      blockCount: model.autoencoder.encoder.blockCount
    ) { meter in
      let latents = try start(of: request, geometry, schedule, noise: noise) {
        try meter.blockDone()
      }
      if needsSource { try meter.stepDone() }
      var references: [ReferenceLatents] = []
      for image in images where !schedule.steps.isEmpty {
        let tokens = self.geometry(of: image, among: images.count, for: geometry)
        references.append(try encodeReference(image, in: tokens) { try meter.blockDone() })
        try meter.stepDone()
      }
      return (latents, references)
    }
  }

  private func encodePrompts(
    of request: PipelineRequest, _ clock: inout StageTimer
  ) throws -> GuidedPrompt {
    let count = request.guidanceScale > 1 ? 2 : 1
    let blocks = count * model.textEncoder.layers.count
    return try clock.run(.encodingPrompt, blockCount: blocks) { meter in
      let prompts = try encodePrompts(of: request) { try meter.blockDone() }
      try meter.stepDone()
      return prompts
    }
  }

  package func encodePrompts(
    of request: PipelineRequest, blockDone: BlockDone = {}
  ) throws -> GuidedPrompt {
    GuidedPrompt(
      conditional: try encodePrompt(request.prompt, blockDone: blockDone),
      unconditional: request.guidanceScale > 1
        ? try encodePrompt("", blockDone: blockDone) : nil,
      scale: Float(request.guidanceScale))
  }
}
