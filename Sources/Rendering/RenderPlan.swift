public import Flux2

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
  public let request: PipelineRequest
  /// The LoRA, if any.
  public package(set) var lora: LoRA?
  /// The warnings about the request, in the order of the parameters.
  public let warnings: [RenderWarning]
}

extension RenderPlan {
  /// The image's size, both sides multiples of 16.
  public var size: PixelSize { PixelSize(width: request.width, height: request.height) }

  /// The pipeline's request, with the LoRA's adapter once it is open; at strength 0 without it.
  var pipelineRequest: PipelineRequest {
    var request = request
    if let lora, let adapter = lora.adapter, lora.strength != 0 {
      request.adapters = [WeightedAdapter(adapter: adapter, strength: Float(lora.strength))]
    }
    return request
  }
}
