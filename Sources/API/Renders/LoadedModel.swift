internal import Flux2
internal import Imaging
public import Rendering

/// A loaded model as the service wants it.
public struct LoadedModel: ImageRendering {
  /// The LoRAs that requests may name.
  public let loras: LoRARegistry
  private let renderer: Renderer
  private let estimateBytes: @Sendable (RenderPlan) -> Int

  /// - Parameters:
  ///   - renderer: What draws.
  ///   - loras: The LoRAs that requests may name.
  ///   - estimateBytes: Bytes that a render takes.
  public init(
    _ renderer: Renderer, loras: LoRARegistry,
    estimateBytes: @escaping @Sendable (RenderPlan) -> Int
  ) {
    self.renderer = renderer
    self.loras = loras
    self.estimateBytes = estimateBytes
  }

  /// What holds where a request says nothing.
  public var defaults: RenderDefaults { renderer.defaults }

  /// What a request asked for in vain, and what the model makes of it.
  public func warnings(about plan: RenderPlan) -> [RenderWarning] {
    renderer.warnings(about: plan)
  }

  /// Tokens of a prompt.
  public func tokenCount(of prompt: String) -> Int { renderer.tokenCount(of: prompt) }

  /// Bytes that a render will take at most.
  public func predictedBytes(of plan: RenderPlan) -> Int {
    estimateBytes(plan)
  }

  /// Renders an image.
  public func render(
    _ plan: RenderPlan, writesMetadata: Bool, step: (RenderStep) throws -> Void
  ) throws -> [UInt8] {
    // Strength leaves out the first steps of an edit.
    var stepCount = plan.stepCount
    let image = try renderer.render(plan) { progress in
      if progress.stage == .denoising { stepCount = progress.stepCount }
      try step(
        RenderStep(
          number: 0, count: stepCount,
          decoded: progress.stage == .decoding ? progress.fraction : 0))
    } stepDone: { number, preview in
      try step(
        RenderStep(number: number, count: stepCount) { check in
          let raster = try preview.raster(blockDone: check)
          return try? PNGEncoder.encode(raster)
        })
    }
    return writesMetadata ? image.png : try PNGEncoder.encode(image.raster)
  }
}
