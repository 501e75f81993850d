internal import Imaging
public import Tensors

/// A loaded model, from prompt and pictures to a picture.
///
/// ```
/// references → latents ─────┐
/// prompt → hidden states ───┼→ denoising steps → latents → picture
/// seed → noise (+ source) ──┘
/// ```
///
/// Nothing in it changes after loading, so one pipeline serves several renders at once.
public final class Pipeline: Sendable {
  /// Tells models apart: 64 hexadecimal digits, the same for every way of storing the same weights.
  public let modelHash: String
  /// Where everything is computed.
  public let device: Device
  /// The model's parts.
  package let model: Model

  /// Pixels that one token covers in each direction: 16 for klein.
  public var pixelsPerToken: Int { model.autoencoder.configuration.tokenScale }

  /// Tokens of a prompt: its own, without template and padding.
  public func tokenCount(of prompt: String) -> Int { model.tokenCount(of: prompt) }

  /// Loads a model; weights are mapped, not read, and must match the configuration exactly.
  public init(_ files: ModelFiles, device: Device) throws(Flux2Error) {
    let sources = try ModelSources(files)
    model = try Model(sources)
    modelHash = sources.fingerprint
    self.device = device
  }

  /// Renders a picture.
  /// - Parameters:
  ///   - request: What to render.
  ///   - progress: Told how far the render has come, as each stage begins and after each of its steps;
  ///     stops the render by throwing.
  /// - Throws: `Flux2Error`, or what `progress` throws.
  public func render(
    _ request: PipelineRequest, progress: (PipelineProgress) throws -> Void
  ) throws -> PipelineResult {
    try withoutActuallyEscaping(progress) { progress in
      var clock = StageClock(reporting: progress)
      let raster = try render(request, &clock)
      return PipelineResult(raster: raster, timings: clock.timings)
    }
  }

  private func render(_ request: PipelineRequest, _ clock: inout StageClock) throws -> Raster {
    try request.validate()
    let frame = frame(of: request)
    let schedule = schedule(for: request, frame)
    var (latents, references) = try encodeImages(of: request, frame, schedule, &clock)
    if !schedule.steps.isEmpty {
      let prompt = try clock.run(.encodingPrompt) { _ in try encodePrompts(of: request) }
      let conditions = condition(prompt, references, frame, adapters: request.adapters)
      try clock.run(.denoising, stepCount: schedule.steps.count) { done in
        for (index, step) in schedule.steps.enumerated() {
          denoise(&latents, step, conditions)
          try done(index + 1)
        }
      }
    }
    return try clock.run(.decoding) { _ in try decode(latents, frame) }
  }

  /// Where denoising starts, and what it looks at.
  private func encodeImages(
    of request: PipelineRequest, _ frame: Frame, _ schedule: Schedule, _ clock: inout StageClock
  ) throws -> (latents: Tensor, references: [ReferenceLatents]) {
    let noise = noise(for: frame, seed: request.seed)
    let images = request.references
    guard !images.isEmpty else { return (noise, []) }
    return try clock.run(.encodingReferences, stepCount: images.count) { done in
      let latents = start(of: request, frame, schedule, noise: noise)
      var references: [ReferenceLatents] = []
      for (index, image) in images.enumerated() where !schedule.steps.isEmpty {
        references.append(try encodeReference(image))
        try done(index + 1)
      }
      return (latents, references)
    }
  }

  package func encodePrompts(of request: PipelineRequest) throws(Flux2Error) -> GuidedPrompt {
    GuidedPrompt(
      conditional: try encodePrompt(request.prompt),
      unconditional: request.guidanceScale > 1 ? try encodePrompt("") : nil,
      scale: request.guidanceScale)
  }
}
