public import Flux2
public import Imaging
public import Tensors

/// A loaded model that renders checked requests to image files.
public final class Renderer: Sendable {
  let pipeline: Pipeline
  /// The name of the model's folder; nil for single files.
  let folderName: String?

  /// Loads a model.
  /// - Parameters:
  ///   - model: The model's files.
  ///   - threadCount: The number of threads that compute; the images do not depend on it.
  ///   - products: The provider of linear layers' products.
  ///   - precision: The arithmetic of the blocks' products.
  ///   - memoryByteCount: The memory that the process may use, by which `auto` chooses.
  ///   - preparedDirectory: The cache of prepared weights; nil to look for none.
  ///   - cacheByteCount: Memory for embedded prompts and encoded references that may come again.
  ///   - promptStore: A folder of embedded prompts.
  public init(
    model: ModelFiles, threadCount: Int, products: ProductChoice = .iris,
    precision: PrecisionMode = .float32,
    memoryByteCount: Int? = nil, preparedDirectory: String? = nil, cacheByteCount: Int = 0,
    promptStore: PromptStore? = nil
  ) throws(Flux2Error) {
    folderName =
      if case .directory(let path, _) = model {
        path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) }
      } else { nil }
    pipeline = try Pipeline(
      model, device: Device(threadCount: threadCount, products: products), precision: precision,
      memoryByteCount: memoryByteCount, preparedDirectory: preparedDirectory,
      cacheByteCount: cacheByteCount, promptStore: promptStore)
  }

  /// Every key of the model's `model_index.json`; none for single files.
  public var modelIndexKeys: [String] { pipeline.indexKeys }

  /// The keys that its configuration has twice.
  public var repeatedKeys: [RepeatedKey] { pipeline.repeatedKeys }
  /// Identifies the model, also in the metadata of images.
  public var modelHash: String { pipeline.modelHash }

  /// The arithmetic of the blocks' products, and why.
  public var precision: PrecisionChoice { pipeline.precision }

  /// The provider of linear layers' products.
  public var products: ProductChoice { pipeline.device.products }

  /// The values of parameters that a request leaves out.
  public var defaults: RenderDefaults { .of(distilled: pipeline.isDistilled) }

  /// Hits, misses and size of the cache of embedded prompts and encoded references.
  public var cacheStatistics: ConditioningCacheStatistics { pipeline.cacheStatistics }

  /// Renders one image.
  /// - Parameters:
  ///   - render: A plan that this renderer prepared.
  ///   - writesMetadata: Writes the parameters of the render into the file.
  ///   - progress: Called as stages begin, after each block and after each step; what it throws ends the
  ///     rendering.
  ///   - stepDone: Called after each denoising step with the number of steps done and a preview, which is
  ///     drawn only if it is called; what it throws ends the rendering.
  public func render(
    _ render: PreparedRender, writesMetadata: Bool = true,
    progress: (PipelineProgress) throws -> Void = { _ in },
    stepDone: (Int, StepPreview) throws -> Void = { _, _ in }
  ) throws -> RenderedImage {
    let encoding = render.plan.encoding
    let result = try finite(render.plan) {
      try pipeline.render(render.plan.pipelineRequest, progress: progress) { number, latents in
        let preview = StepPreview { blockDone in
          let raster = try latents.raster(blockDone: blockDone)
          return try? ImageEncoder.encode(raster, as: encoding)
        }
        try stepDone(number, preview)
      }
    }
    var metadata = RenderMetadata(render, modelHash: pipeline.modelHash)
    metadata.precision = precision.precision
    metadata.products = products.isOwnAlone(in: precision.precision) ? nil : products.asked
    let text = writesMetadata ? metadata.texts : []
    return RenderedImage(
      raster: result.raster,
      file: try ImageEncoder.encode(result.raster, as: encoding, text: text),
      metadata: metadata, timings: result.timings)
  }
}

/// A finished image with its metadata.
public struct RenderedImage: Sendable {
  /// The pixels.
  public let raster: Raster
  /// The same as a file of the format asked for, with `metadata` unless the caller left it out.
  public let file: [UInt8]
  /// The parameters of the render; with the same references they give the same image.
  public let metadata: RenderMetadata
  /// The time of each stage.
  public let timings: [StageTiming]
  /// The warnings about the request.
  public var warnings: [RenderWarning] { metadata.warnings }

  package init(raster: Raster, file: [UInt8], metadata: RenderMetadata, timings: [StageTiming]) {
    self.raster = raster
    self.file = file
    self.metadata = metadata
    self.timings = timings
  }
}

/// A preview of the image after a denoising step, drawn only on demand.
public struct StepPreview {
  private let draw: (_ blockDone: () throws -> Void) throws -> [UInt8]?

  package init(_ draw: @escaping (_ blockDone: () throws -> Void) throws -> [UInt8]?) {
    self.draw = draw
  }

  /// Draws the preview: cheap, and small as a file, which has the format of the image.
  /// - Parameter blockDone: Called between the blocks of the work; ends it by throwing.
  /// - Returns: The file; nil where the image cannot be encoded, which is no reason to end a render.
  public func file(blockDone: () throws -> Void) throws -> [UInt8]? { try draw(blockDone) }
}

extension RenderMetadata {
  /// Describes the image of a render.
  ///
  /// A LoRA at strength 0 took no part, and is not named: the file, too, is the base model's.
  package init(_ render: PreparedRender, modelHash: String) {
    let plan = render.plan
    self.init(
      prompt: plan.request.prompt, seed: plan.request.seed, stepCount: plan.request.stepCount,
      guidanceScale: plan.request.guidanceScale, size: plan.size,
      loras: plan.activeLoRAs.map { RenderMetadata.LoRA(name: $0.name, strength: $0.strength) },
      referenceCount: plan.request.references.isEmpty ? nil : plan.request.references.count,
      strength: plan.request.source == nil ? nil : plan.request.strength,
      modelHash: modelHash,
      version: Version.current, warnings: render.warnings)
    negativePrompt = plan.request.negativePrompt.isEmpty ? nil : plan.request.negativePrompt
    hasMask = plan.request.mask != nil
  }
}
