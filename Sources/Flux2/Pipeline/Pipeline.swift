import Imaging
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
  /// Identifies the model by its weights: 64 hexadecimal digits, the same for every way of storing the same
  /// weights.
  public let modelHash: String
  /// True if the model was distilled to a few steps without guidance.
  public let isDistilled: Bool
  /// Every key of the model's `model_index.json`; none for single files.
  public let indexKeys: [String]
  /// The keys that its configuration has twice.
  public let repeatedKeys: [RepeatedKey]
  /// The device that computes everything.
  public let device: Device
  /// The arithmetic of the text encoder's and the transformer's blocks.
  public let precision: PrecisionChoice
  /// The model's parts.
  package let model: Model
  /// Results of the first stages of earlier renders.
  let cache: ConditioningCache
  /// Embedded prompts of earlier processes; nil without, and for models that embed as fast as a disk reads.
  let promptStore: BoundPromptStore?

  /// Memory that a render may leave to the next.
  private static let keptByteCount = 256 << 20
  /// Memory of a render from which large pages are worth their zeroing.
  private static let largePagesByteCount = 64 << 20

  /// Pixels that one token covers in each direction: 16 for klein.
  public var pixelsPerToken: Int { model.autoencoder.configuration.pixelsPerToken }

  /// Hits and misses of the cache of embedded prompts and encoded references, and its size.
  public var cacheStatistics: ConditioningCacheStatistics { cache.statistics }

  /// Loads a model; weights are mapped, and read only where they are quantised.
  ///
  /// They must match the configuration exactly.
  /// - Parameters:
  ///   - files: The model's files.
  ///   - device: Where to compute.
  ///   - precision: The arithmetic of the text encoder's and the transformer's blocks.
  ///   - memoryByteCount: The memory that the process may use, by which `auto` chooses; nil if it is not known.
  ///   - preparedDirectory: The cache of prepared weights; nil to look for none.
  ///   - cacheByteCount: Memory for embedded prompts and encoded references that may come again.
  ///   - promptStore: A folder of embedded prompts.
  public init(
    _ files: ModelFiles, device: Device, precision: PrecisionMode = .float32,
    memoryByteCount: Int? = nil, preparedDirectory: String? = nil, cacheByteCount: Int = 0,
    promptStore: PromptStore? = nil
  ) throws(Flux2Error) {
    let sources = try ModelSources(files)
    let identity = ModelIdentity(sources)
    var choice = sources.precision(
      precision, memoryByteCount: memoryByteCount, products: device.products)
    let prepared = choice.precision == .int8 ? preparedDirectory : nil
    let state = prepared.map { PreparedWeights.open(in: $0, for: identity) } ?? .missing
    model = try Model(
      sources,
      WeightPreparation(choice.precision, on: device) { state.weights?.weight($0, source: $1) })
    modelHash = identity.fingerprint
    isDistilled = sources.index.isDistilled
    indexKeys = sources.index.keys
    repeatedKeys = try ModelSources.repeatedKeys(in: files)
    if choice.precision == .int8 {
      let isStored = model.blockWeights.allSatisfy(\.weight.isMultipliedAsStored)
      choice.note = isStored ? "its files have int8 weights" : state.note
    }
    self.precision = choice
    self.device = device
    cache = ConditioningCache(byteLimit: cacheByteCount)
    self.promptStore = promptStore?.bound(
      to: sources, identity, precision: choice.precision, products: device.products)
  }

  /// Takes a model that is in memory and comes from no files.
  init(model: Model, precision: PrecisionChoice, device: Device) {
    self.model = model
    self.precision = precision
    self.device = device
    modelHash = String(repeating: "0", count: 64)
    isDistilled = true
    (indexKeys, repeatedKeys) = ([], [])
    cache = ConditioningCache(byteLimit: 0)
    promptStore = nil
  }

  /// Opens an adapter file of any known kind and spelling; it must fit this model's transformer and text
  /// encoder.
  public func loadAdapter(file: String) throws(Flux2Error) -> Adapter {
    try model.measured(
      Adapter.open(
        file: file, for: model.transformer.configuration,
        textEncoder: model.textEncoder.configuration), on: device)
  }

  /// Renders an image.
  /// - Parameters:
  ///   - request: The prompt, the size, the references.
  ///   - progress: Called as each stage begins, after each block of a network and after each step; stops
  ///     the render by throwing.
  ///   - stepDone: Called after each denoising step with the number of steps done and a preview, which is
  ///     decoded only on demand; stops the render by throwing.
  /// - Throws: `Flux2Error`, or what `progress` or `stepDone` throws.
  public func render(
    _ request: PipelineRequest, progress: (PipelineProgress) throws -> Void,
    stepDone: (Int, LatentPreview) throws -> Void = { _, _ in }
  ) throws -> PipelineResult {
    try request.validate()
    return try withoutActuallyEscaping(progress) { progress in
      var timer = StageTimer(reporting: progress)
      let byteCount = activationByteCount(
        width: request.width, height: request.height,
        references: request.references.map { ($0.width, $0.height) })
      // Kernels' scratch memory and gaps between tensors take as much again.
      if byteCount > Self.largePagesByteCount { Device.useLargePages(byteCount: 2 * byteCount) }
      // What a large render used goes back to the system; a small one's memory serves the next.
      defer { if byteCount > Self.keptByteCount { Device.returnFreedMemory() } }
      let raster = try render(request, &timer, stepDone)
      return PipelineResult(raster: raster, timings: timer.timings)
    }
  }

  private func render(
    _ request: PipelineRequest, _ timer: inout StageTimer,
    _ stepDone: (Int, LatentPreview) throws -> Void
  ) throws -> Raster {
    let geometry = geometry(of: request)
    let schedule = schedule(for: request, geometry)
    let images = try encodeImages(of: request, geometry, schedule, &timer)
    var latents = images.start
    if !schedule.steps.isEmpty {
      let prompt = try encodePrompts(of: request, &timer)
      let conditions = condition(
        prompt, images.references, geometry, schedule, adapters: request.adapters)
      let passes = request.guidanceScale > 1 ? 2 : 1
      try timer.run(
        .denoising, stepCount: schedule.steps.count,
        blockCount: passes * model.transformer.blockCount
      ) { meter in
        for (index, step) in schedule.steps.enumerated() {
          let velocity = try denoise(&latents, step, conditions) { try meter.blockDone() }
          images.inpainting?.restore(&latents, sigma: step.nextSigma)
          try meter.stepDone()
          try stepDone(
            index + 1,
            LatentPreview(
              autoencoder: model.autoencoder, device: device, geometry: geometry, latents: latents,
              velocity: velocity, sigma: step.nextSigma))
        }
      }
    }
    return try timer.run(.decoding, blockCount: model.autoencoder.decoder.blockCount) { meter in
      let raster = try decode(latents, geometry) { try meter.blockDone() }
      try meter.stepDone()
      return raster
    }
  }

  /// The latents of a request's images.
  private struct EncodedImages {
    /// The latents at which denoising starts, `[N, C]`.
    var start: Tensor
    var references: [ReferenceLatents] = []
    var inpainting: Inpainting?
  }

  /// Encodes the references, and makes the latents at which denoising starts.
  private func encodeImages(
    of request: PipelineRequest, _ geometry: ImageGeometry, _ schedule: Schedule,
    _ timer: inout StageTimer
  ) throws -> EncodedImages {
    let noise = noise(for: geometry, seed: request.seed)
    let images = request.references
    guard !images.isEmpty else { return EncodedImages(start: noise) }
    let encoded = schedule.steps.isEmpty ? [] : images
    let needsSource =
      try request.encodedSource.map {
        try encoded.isEmpty || !isReference($0, of: request, in: geometry)
      } ?? false
    return try timer.run(
      .encodingReferences, stepCount: encoded.count + (needsSource ? 1 : 0),
      blockCount: model.autoencoder.encoder.blockCount
    ) { meter in
      var references: [ReferenceLatents] = []
      for image in encoded {
        let tokens = self.geometry(of: image, among: images.count, for: geometry)
        references.append(try encodeReference(image, in: tokens) { try meter.blockDone() })
        try meter.stepDone()
      }
      let source = try encodeSource(of: request, geometry, reference: references.first) {
        try meter.blockDone()
      }
      if needsSource { try meter.stepDone() }
      return EncodedImages(
        start: start(schedule, noise: noise, source: source), references: references,
        inpainting: try inpainting(of: request, geometry, noise: noise, source: source))
    }
  }

  private func encodePrompts(
    of request: PipelineRequest, _ timer: inout StageTimer
  ) throws -> GuidedPrompt {
    let count = request.guidanceScale > 1 ? 2 : 1
    let blocks = count * model.textEncoder.layers.count
    return try timer.run(.encodingPrompt, blockCount: blocks) { meter in
      let prompts = try encodePrompts(of: request) { try meter.blockDone() }
      try meter.stepDone()
      return prompts
    }
  }

  /// Encodes the prompt, and where there is guidance the negative one, which usually is empty.
  package func encodePrompts(
    of request: PipelineRequest, blockDone: BlockDone = {}
  ) throws -> GuidedPrompt {
    GuidedPrompt(
      conditional: try encodePrompt(
        request.prompt, adapters: request.adapters, blockDone: blockDone),
      unconditional: request.guidanceScale > 1
        ? try encodePrompt(
          request.negativePrompt, adapters: request.adapters, blockDone: blockDone) : nil,
      scale: Float(request.guidanceScale))
  }
}
