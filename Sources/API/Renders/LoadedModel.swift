internal import Flux2
internal import Imaging
public import Rendering

/// A loaded model as the service wants it.
public struct LoadedModel: ImageRendering {
  /// Bytes that a render takes for each pixel of its picture: the decoder's widest layers.
  ///
  /// At full resolution the autoencoder holds some four maps of 128 channels in float32.
  private static let bytesPerPixel = 4 * 128 * 4
  /// Bytes for each token of the picture, the prompt and the references: the transformer's widest
  /// layer and its attention's inputs, 27 times the 3072 of klein-4B in float32, rounded up.
  private static let bytesPerToken = 512 << 10

  /// The LoRAs that requests may name.
  public let loras: LoRARegistry
  private let renderer: Renderer
  private let countTokens: @Sendable (String) -> Int

  /// - Parameters:
  ///   - renderer: What draws.
  ///   - loras: The LoRAs that requests may name.
  ///   - countTokens: Tokens of a prompt, without any template.
  public init(
    _ renderer: Renderer, loras: LoRARegistry,
    countTokens: @escaping @Sendable (String) -> Int
  ) {
    self.renderer = renderer
    self.loras = loras
    self.countTokens = countTokens
  }

  /// Tokens of a prompt.
  public func tokenCount(of prompt: String) -> Int { countTokens(prompt) }

  /// Bytes that a render will take at most.
  public func predictedBytes(of plan: RenderPlan) -> Int {
    let pixels = plan.size.width * plan.size.height
    let tokens = plan.outputTokens + plan.referenceTokens
    return pixels * Self.bytesPerPixel + tokens * Self.bytesPerToken
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
