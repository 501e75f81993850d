public import Flux2
public import Imaging

/// A validated request with all defaults filled in.
public struct RenderPlan: Sendable {
  /// A LoRA to add.
  public struct LoRA: Sendable, Equatable {
    /// The name in the image's metadata; never a path.
    public let name: String
    /// The path of the weights.
    public let file: String
    /// The factor of its weights; at 0 the image is byte-identical to the base model's.
    public let strength: Double
    /// The opened file; nil until a model has opened it.
    package var adapter: Adapter?

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

  /// The pipeline's request, without adapters.
  public package(set) var request: PipelineRequest
  /// The number of images: of the request's seed, and of the seeds after it.
  public let imageCount: Int
  /// The LoRAs, in the order of their names.
  public package(set) var loras: [LoRA]
  /// The file format of the image, and of its previews.
  public let encoding: ImageEncoding
  /// The warnings about the request, in the order of the parameters.
  public let warnings: [RenderWarning]
}

extension RenderPlan {
  /// The image's size, both sides multiples of 16.
  public var size: PixelSize { PixelSize(width: request.width, height: request.height) }

  /// The seed of one of the images.
  /// - Parameter index: Its position, from 0.
  public func seed(ofImage index: Int) -> UInt64 { request.seed + UInt64(index) }

  /// The LoRAs that take part: at strength 0 the image is the base model's.
  var activeLoRAs: [LoRA] { loras.filter { $0.strength != 0 } }

  /// The pipeline's request, with the adapters of the LoRAs that take part and are open.
  var pipelineRequest: PipelineRequest {
    var request = request
    request.adapters = activeLoRAs.compactMap { lora in
      lora.adapter.map { WeightedAdapter(adapter: $0, strength: Float(lora.strength)) }
    }
    return request
  }
}
