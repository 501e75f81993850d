public import Imaging

/// A request as given: every parameter but the prompt is optional.
public struct RenderRequest: Sendable {
  /// The prompt.
  public var prompt: String
  /// The size of the image; nil for `SizePolicy.defaultSize`, or a size derived from the first
  /// reference by `SizePolicy`.
  public var size: PixelSize?
  /// The number of denoising steps; nil for the model's default.
  public var stepCount: Int?
  /// The guidance scale; nil for the model's default.
  ///
  /// Above 1, a second pass with the empty prompt strengthens the prompt's effect.
  public var guidanceScale: Double?
  /// The seed of the noise; nil for a random one.
  public var seed: UInt64?
  /// Images that the prompt refers to, in order.
  public var references: [Raster] = []
  /// The original size of the first reference, if it was scaled.
  public var sourceSize: PixelSize?
  /// The strength of an edit of a single image: 0 keeps it, 1 starts from pure noise; nil for
  /// `RequestParameter.defaultStrength`.
  public var strength: Double?
  /// The LoRA to add, by name or by file.
  public var lora = LoRASelection.none
  /// The strength of the LoRA; nil for its default in the registry.
  public var loraStrength: Double?
  /// Several LoRAs to add, instead of `lora`; their order has no effect.
  public var loras: [RequestedLoRA] = []

  /// Warnings from parsing the request; they are carried over into the plan.
  public var warnings: [RenderWarning] = []

  /// Creates a request with all defaults.
  public init(prompt: String) { self.prompt = prompt }

  /// Appends a reference image and the warnings about it.
  public mutating func add(_ image: ReferenceImage) {
    if references.isEmpty { sourceSize = image.size }
    references.append(image.raster)
    warnings += image.warnings(number: references.count)
  }

  /// The original size of the first image.
  var firstImageSize: PixelSize? {
    sourceSize ?? references.first.map { PixelSize(width: $0.width, height: $0.height) }
  }
}
