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
  /// Above 1, a second pass with the negative prompt strengthens the prompt's effect.
  public var guidanceScale: Double?
  /// What the image is not to show; nil or empty for nothing in particular.
  ///
  /// It takes effect with guidance above 1 only.
  public var negativePrompt: String?
  /// The seed of the noise; nil for a random one.
  public var seed: UInt64?
  /// The number of images: of the seed, and of the seeds after it.
  public var imageCount = 1
  /// Images that the prompt refers to, in order.
  public var references: [Raster] = []
  /// The original size of the first reference, if it was scaled.
  public var sourceSize: PixelSize?
  /// What is repainted of the first image; nil for everything.
  public var mask: MaskImage?
  /// How an edit of a single image, or with a mask, begins; nil for `strength` where there is one, and
  /// otherwise for that of the deployment.
  public var editMode: EditMode?
  /// The strength of such an edit in the mode `strength`: 0 keeps the image, 1 starts from pure noise; nil
  /// for `RequestParameter.defaultStrength`.
  public var strength: Double?
  /// The LoRA to add, by name or by file.
  public var lora = LoRASelection.none
  /// The strength of the LoRA; nil for its default in the registry.
  public var loraStrength: Double?
  /// Several LoRAs to add, instead of `lora`; their order has no effect.
  public var loras: [RequestedLoRA] = []
  /// The file format of the image, and of its previews.
  public var outputFormat = OutputFormat.png
  /// The quality of a lossy file; nil for `ImageEncoding.defaultQuality`.
  public var outputQuality: Int?

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
