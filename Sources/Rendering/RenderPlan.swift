package import Flux2
public import Imaging

/// A validated request with all defaults filled in.
public struct RenderPlan: Sendable {
  /// The LoRA to add.
  public struct LoRA: Sendable, Equatable {
    /// The name in the image's metadata; never a path.
    public let name: String
    /// The path of the weights.
    public let file: String
    /// The factor of its weights; at 0 the image is byte-identical to the base model's.
    public let strength: Double
    /// The opened file; nil until a model has opened it.
    package var adapter: LoRAAdapter?

    /// Creates a LoRA.
    public init(name: String, file: String, strength: Double) {
      self.name = name
      self.file = file
      self.strength = strength
    }

    /// Returns whether both are the same LoRA, opened or not.
    public static func == (first: LoRA, second: LoRA) -> Bool {
      first.name == second.name && first.file == second.file && first.strength == second.strength
    }
  }

  /// The pipeline's request, without the LoRA's adapter.
  let request: PipelineRequest
  /// The LoRA, if any.
  public package(set) var lora: LoRA?
  /// The warnings about the request, in the order of the parameters.
  public let warnings: [RenderWarning]
}

extension RenderPlan {
  /// The prompt.
  public var prompt: String { request.prompt }
  /// The image's size, both sides multiples of 16.
  public var size: PixelSize { PixelSize(width: request.width, height: request.height) }
  /// The number of denoising steps.
  public var stepCount: Int { request.stepCount }
  /// The classifier-free guidance scale.
  public var guidanceScale: Double { request.guidanceScale }
  /// The seed of the noise.
  public var seed: UInt64 { request.seed }
  /// The reference images, prepared for the model, in order.
  public var references: [Raster] { request.references }
  /// The strength of an edit of a single source; otherwise 1.
  public var strength: Double { request.strength }
  /// The number of steps to run: an edit of a single source skips the first ones (the HTTP
  /// contract, §4).
  public var remainingStepCount: Int { request.remainingStepCount }

  /// The pipeline's request, with the LoRA's adapter once it is open; at strength 0 without it.
  var pipelineRequest: PipelineRequest {
    var request = request
    if let lora, let adapter = lora.adapter, lora.strength != 0 {
      request.adapters = [WeightedAdapter(adapter: adapter, strength: Float(lora.strength))]
    }
    return request
  }
}
