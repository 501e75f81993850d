internal import Flux2
internal import Imaging
public import Rendering

/// A loaded model as the service wants it.
public struct LoadedModel: ImageRendering {
  /// The LoRAs that requests may name.
  public let loras: LoRARegistry
  private let renderer: Renderer
  private let estimateBytes: @Sendable (PixelSize, Int) -> Int

  /// - Parameters:
  ///   - renderer: What draws.
  ///   - loras: The LoRAs that requests may name.
  ///   - estimateBytes: Bytes that a render takes, from the picture's size and the pixels of all its
  ///     references together, as they are encoded.
  public init(
    _ renderer: Renderer, loras: LoRARegistry,
    estimateBytes: @escaping @Sendable (PixelSize, Int) -> Int
  ) {
    self.renderer = renderer
    self.loras = loras
    self.estimateBytes = estimateBytes
  }

  /// Tokens of a prompt.
  public func tokenCount(of prompt: String) -> Int { renderer.tokenCount(of: prompt) }

  /// Bytes that a render will take at most.
  public func predictedBytes(of plan: RenderPlan) -> Int {
    estimateBytes(plan.size, plan.referencePixels)
  }

  /// Renders a picture.
  public func render(
    _ plan: RenderPlan, writesMetadata: Bool, step: (RenderStep) throws -> Void
  ) throws -> [UInt8] {
    let image = try renderer.render(plan) { progress in
      let isStep = progress.stage == .denoising
      try step(
        RenderStep(
          number: isStep ? progress.step : 0, count: isStep ? progress.stepCount : plan.stepCount))
    }
    return writesMetadata ? image.png : try PNGEncoder.encode(image.raster)
  }
}
