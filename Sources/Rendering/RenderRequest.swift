public import Imaging

/// A request as it was given: every parameter but the prompt may be absent.
public struct RenderRequest: Sendable {
  /// The prompt.
  public var prompt: String
  /// The image's size; absent, `SizePolicy.defaultSize`, or the first reference's size as `SizePolicy` has it.
  public var size: PixelSize?
  /// Denoising steps; absent, the model's default.
  public var stepCount: Int?
  /// Above 1, a second pass with the empty prompt sharpens the prompt's effect; absent, the model's
  /// default.
  public var guidanceScale: Double?
  /// Decides the noise; absent, a random one is chosen.
  public var seed: UInt64?
  /// Images that the prompt refers to, in order.
  public var references: [Raster] = []
  /// The size that the first of them had, if it was scaled since.
  public var sourceSize: PixelSize?
  /// The strength of an edit of a single image: 0 keeps it, 1 starts from noise alone; absent,
  /// `RequestParameter.defaultStrength`.
  public var strength: Double?
  /// The LoRA to add, by name or by file.
  public var lora = LoRASelection.none
  /// The LoRA's strength; absent, its default in the registry.
  public var loraStrength: Double?

  /// Warnings that arose while the request was read; the plan carries them on.
  public var warnings: [RenderWarning] = []

  /// A request with every default.
  public init(prompt: String) { self.prompt = prompt }

  /// Adds an image that the prompt refers to, after those it has, and what there is to say of it.
  public mutating func add(_ image: ReferenceImage) {
    if references.isEmpty { sourceSize = image.size }
    references.append(image.raster)
    warnings += image.warnings(number: references.count)
  }

  /// The size of the first image as it was given.
  var firstImageSize: PixelSize? {
    sourceSize ?? references.first.map { PixelSize(width: $0.width, height: $0.height) }
  }
}

/// The LoRA that a request asks for.
///
/// Names come from anyone; files only from someone who may read them anyway, as on the command line.
public enum LoRASelection: Sendable, Equatable {
  /// A name in the registry, or `none`.
  case name(String)
  /// The path of a LoRA file.
  case file(String)

  /// No LoRA.
  public static let none = LoRASelection.name(LoRARegistry.none)
}
