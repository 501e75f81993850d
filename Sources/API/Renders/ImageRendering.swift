public import Rendering

/// What turns checked requests into pictures; the service knows a model only through this.
public protocol ImageRendering: Sendable {
  /// The LoRAs that requests may name.
  var loras: LoRARegistry { get }

  /// Tokens of a prompt, for the account of what was used; only the prompt's own, no template.
  func tokenCount(of prompt: String) -> Int

  /// Bytes that a render will take at most, beyond its reference images.
  func predictedBytes(of plan: RenderPlan) -> Int

  /// Renders a picture; blocks, and is never called on Swift's own threads.
  /// - Parameters:
  ///   - plan: What to render.
  ///   - writesMetadata: Whether the picture carries what made it.
  ///   - step: Called after each denoising step, and at any other point where the render can end
  ///     early; what it throws ends it.
  /// - Returns: A PNG file.
  func render(
    _ plan: RenderPlan, writesMetadata: Bool, step: (RenderStep) throws -> Void
  ) throws -> [UInt8]
}
