public import Flux2
public import Rendering

/// A model as the service sees it.
public protocol ImageRendering: Sendable {
  /// The values of parameters that a request leaves out.
  var defaults: RenderDefaults { get }

  /// The model and how it computes, for operators; nil of one that does not say.
  var identity: ModelDescription? { get }

  /// Hits, misses and size of the cache of embedded prompts and encoded references.
  var cacheStatistics: ConditioningCacheStatistics { get }

  /// Tokenises the prompt of a plan, estimates its memory and collects its warnings, once for a request.
  func prepare(_ plan: RenderPlan) throws -> PreparedRender

  /// Renders an image; blocks, and is never called on Swift's cooperative threads.
  /// - Parameters:
  ///   - render: The result of `prepare`.
  ///   - writesMetadata: Writes the parameters of the render into the file.
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

extension ImageRendering {
  /// A model that does not say what it is.
  public var identity: ModelDescription? { nil }

  /// The statistics of a model without a cache.
  public var cacheStatistics: ConditioningCacheStatistics { ConditioningCacheStatistics() }
}

extension Renderer: ImageRendering {
  /// The loaded model, and how it computes.
  public var identity: ModelDescription? { ModelDescription(self) }
}

extension OnDemandRenderer: ImageRendering {
  /// The values of parameters that a request leaves out.
  public var defaults: RenderDefaults { outline.defaults }

  /// The model and, once it is loaded, how it computes.
  public var identity: ModelDescription? { description }

  /// Prepares a render, which needs no loaded model.
  public func prepare(_ plan: RenderPlan) throws -> PreparedRender { try outline.prepare(plan) }
}
