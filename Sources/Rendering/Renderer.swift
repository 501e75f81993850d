public import Flux2
import Imaging
import Tensors

/// A loaded model that turns checked requests into PNG files.
public final class Renderer: Sendable {
  let pipeline: Pipeline

  /// Loads a model.
  /// - Parameters:
  ///   - model: Where its files are.
  ///   - threadCount: How many threads compute; the images do not depend on it.
  ///   - cacheByteCount: Memory for embedded prompts and encoded references that may come again.
  public init(
    model: ModelFiles, threadCount: Int, cacheByteCount: Int = 0
  ) throws(Flux2Error) {
    pipeline = try Pipeline(
      model, device: Device(threadCount: threadCount), cacheByteCount: cacheByteCount)
  }

  /// Every key of the model's `model_index.json`; none for single files.
  public var modelIndexKeys: [String] { pipeline.indexKeys }

  /// The keys that its configuration has twice.
  public var repeatedKeys: [RepeatedKey] { pipeline.repeatedKeys }
  /// Tells models apart; images say which one made them.
  public var modelHash: String { pipeline.modelHash }

  /// What holds where a request says nothing.
  public var defaults: RenderDefaults { .of(distilled: pipeline.isDistilled) }

  /// Tokens of a prompt that the model reads: its own, without template and padding.
  public func tokenCount(of prompt: String) -> Int { pipeline.readTokenCount(of: prompt) }

  /// Renders one image.
  /// - Parameters:
  ///   - plan: What to render.
  ///   - progress: Called as stages begin; what it throws ends the rendering.
  ///   - stepDone: Given a sketch of the image after each step, with the number of steps done.
  /// - Returns: The image.
  public func render(
    _ plan: RenderPlan, progress: (PipelineProgress) throws -> Void = { _ in },
    stepDone: (Int, LatentPreview) throws -> Void = { _, _ in }
  ) throws -> RenderedImage {
    let plan = try opened(plan)
    let result = try finite(plan) {
      try pipeline.render(plan.pipelineRequest, progress: progress, stepDone: stepDone)
    }
    let metadata = RenderMetadata(
      plan, modelHash: pipeline.modelHash, warnings: warnings(about: plan))
    return RenderedImage(
      raster: result.raster,
      png: try PNGEncoder.encode(result.raster, text: metadata.pngText),
      metadata: metadata, timings: result.timings)
  }

  /// Everything that there is to say about a plan: what its request asked for in vain, and what this
  /// model makes of it.
  public func warnings(about plan: RenderPlan) -> [RenderWarning] {
    plan.warnings.merging(
      pipeline.reading(of: plan.prompt).warnings + croppingWarnings(plan.size)
        + (plan.lora?.adapter?.renderWarnings ?? []))
  }
}

extension RenderMetadata {
  /// What a plan and a model make.
  ///
  /// A LoRA at strength 0 took no part, and is not named: the file, too, is the base model's.
  fileprivate init(_ plan: RenderPlan, modelHash: String, warnings: [RenderWarning]) {
    let lora = plan.lora.flatMap { $0.strength == 0 ? nil : $0 }
    self.init(
      prompt: plan.prompt, seed: plan.seed, stepCount: plan.stepCount,
      guidanceScale: plan.guidanceScale, size: plan.size, lora: lora?.name ?? LoRARegistry.none,
      loraStrength: lora?.strength,
      referenceCount: plan.references.isEmpty ? nil : plan.references.count,
      strength: plan.references.count == 1 ? plan.strength : nil, modelHash: modelHash,
      version: Version.current, warnings: warnings)
  }
}
