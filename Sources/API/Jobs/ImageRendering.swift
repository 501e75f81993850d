public import Flux2
public import Rendering

/// What turns checked requests into images; the service knows a model only through this.
public protocol ImageRendering: Sendable {
  /// What holds where a request says nothing.
  var defaults: RenderDefaults { get }

  /// Tokenises the prompt of a plan, estimates its memory and collects its warnings, once for a request.
  func prepare(_ plan: RenderPlan) throws -> PreparedRender

  /// Renders an image; blocks, and is never called on Swift's own threads.
  /// - Parameters:
  ///   - render: What `prepare` returned.
  ///   - writesMetadata: Whether the PNG file carries what made the image.
  ///   - progress: Called as stages begin, after each block and after each step, which is wherever a
  ///     render can end early; what it throws ends it.
  ///   - stepDone: Called after each denoising step with its number, from 1, and a preview; what it throws
  ///     ends the render.
  func render(
    _ render: PreparedRender, writesMetadata: Bool,
    progress: (PipelineProgress) throws -> Void,
    stepDone: (Int, StepPreview) throws -> Void
  ) throws -> RenderedImage
}

extension Renderer: ImageRendering {}
