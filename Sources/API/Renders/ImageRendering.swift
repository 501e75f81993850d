public import Rendering

/// What turns checked requests into images; the service knows a model only through this.
public protocol ImageRendering: Sendable {
  /// The LoRAs that requests may name, until others are read.
  var loras: LoRARegistry { get }

  /// What holds where a request says nothing.
  var defaults: RenderDefaults { get }

  /// Everything that there is to say about a plan: what its request asked for in vain, and what the
  /// model makes of it.
  func warnings(about plan: RenderPlan) -> [RenderWarning]

  /// Tokens of a prompt, for the account of what was used; only the prompt's own, no template.
  func tokenCount(of prompt: String) -> Int

  /// Bytes that a render will take at most, beyond its reference images.
  func predictedBytes(of plan: RenderPlan) -> Int

  /// Renders an image; blocks, and is never called on Swift's own threads.
  /// - Parameters:
  ///   - plan: What to render.
  ///   - writesMetadata: Whether the image carries what made it.
  ///   - step: Called after each denoising step, and with the number 0 wherever else the render can
  ///     end early: between the blocks of every stage; what it throws ends it.
  /// - Returns: A PNG file.
  func render(
    _ plan: RenderPlan, writesMetadata: Bool, step: (RenderStep) throws -> Void
  ) throws -> [UInt8]
}

extension ImageRendering {
  /// Those of distilled models.
  public var defaults: RenderDefaults { .distilled }

  /// What the request asked for in vain.
  public func warnings(about plan: RenderPlan) -> [RenderWarning] { plan.warnings }
}
