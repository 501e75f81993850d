package import Flux2
public import Imaging

/// A request that has been checked, with every default filled in.
public struct RenderPlan: Sendable {
  /// The LoRA to add.
  public struct LoRA: Sendable, Equatable {
    /// What the image's metadata calls it; never a path.
    public let name: String
    /// The path of its weights.
    public let file: String
    /// How much of it is added; at 0 the image is the base model's, byte for byte.
    public let strength: Double
    /// What its file holds, once a model has opened it.
    package var adapter: LoRAAdapter?

    /// Describes a LoRA.
    public init(name: String, file: String, strength: Double) {
      self.name = name
      self.file = file
      self.strength = strength
    }

    /// Whether both are the same LoRA, opened or not.
    public static func == (first: LoRA, second: LoRA) -> Bool {
      first.name == second.name && first.file == second.file && first.strength == second.strength
    }
  }

  /// What to draw, or what to change.
  public let prompt: String
  /// The image's size, both sides multiples of 16.
  public let size: PixelSize
  /// Denoising steps.
  public let stepCount: Int
  /// Classifier-free guidance.
  public let guidanceScale: Double
  /// Decides the noise.
  public let seed: UInt64
  /// Reference images that the model can take, in order.
  public let references: [Raster]
  /// How far the edit goes from its single source; 1 where there is no single source.
  public let strength: Double
  /// The LoRA, if any.
  public package(set) var lora: LoRA?
  /// Steps that are run: an edit of a single source leaves out the first ones (the HTTP contract, §4).
  public var remainingStepCount: Int {
    min(stepCount, Int((Double(stepCount) * strength).rounded(.up)))
  }
  /// What was asked for in vain, in the order of the fields.
  public let warnings: [RenderWarning]
}
