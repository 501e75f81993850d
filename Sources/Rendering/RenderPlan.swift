package import Flux2
public import Imaging

/// A request that has been checked, with every default filled in.
public struct RenderPlan: Sendable {
  /// The LoRA to add.
  public struct LoRA: Sendable, Equatable {
    /// The name in the image's metadata; never a path.
    public let name: String
    /// The path of its weights.
    public let file: String
    /// The weight that it is added with; at 0 the image is the base model's, byte for byte.
    public let strength: Double
    /// The opened file; nil until a model has opened it.
    package var adapter: LoRAAdapter?

    /// Describes a LoRA.
    public init(name: String, file: String, strength: Double) {
      self.name = name
      self.file = file
      self.strength = strength
    }

    /// Returns true for the same LoRA, opened or not.
    public static func == (first: LoRA, second: LoRA) -> Bool {
      first.name == second.name && first.file == second.file && first.strength == second.strength
    }
  }

  /// The request of the pipeline, without the LoRA's adapter.
  let request: PipelineRequest
  /// The LoRA, if any.
  public package(set) var lora: LoRA?
  /// The warnings of the request, in the order of the parameters.
  public let warnings: [RenderWarning]
}

extension RenderPlan {
  /// The prompt.
  public var prompt: String { request.prompt }
  /// The image's size, both sides multiples of 16.
  public var size: PixelSize { PixelSize(width: request.width, height: request.height) }
  /// Denoising steps.
  public var stepCount: Int { request.stepCount }
  /// Classifier-free guidance.
  public var guidanceScale: Double { request.guidanceScale }
  /// Decides the noise.
  public var seed: UInt64 { request.seed }
  /// Reference images that the model can take, in order.
  public var references: [Raster] { request.references }
  /// The strength of an edit of a single source; 1 where there is none.
  public var strength: Double { request.strength }
  /// Steps that are run: an edit of a single source leaves out the first ones (the HTTP contract, §4).
  public var remainingStepCount: Int { request.remainingStepCount }

  /// The request of the pipeline, with the LoRA's adapter once that is open; at strength 0 none takes part.
  var pipelineRequest: PipelineRequest {
    var request = request
    if let lora, let adapter = lora.adapter, lora.strength != 0 {
      request.adapters = [WeightedAdapter(adapter: adapter, strength: Float(lora.strength))]
    }
    return request
  }
}
