public import Imaging

/// An image to render, every value given.
public struct PipelineRequest: Sendable {
  /// Pixels of a side, from one token of klein; what offers images may allow less.
  public static let sides = 16...2048
  /// Denoising steps.
  public static let stepCounts = 1...50
  /// Classifier-free guidance.
  public static let guidanceScales: ClosedRange<Double> = 1...20
  /// How much of the schedule an edit runs through.
  public static let strengths: ClosedRange<Double> = 0...1
  /// The most reference images.
  public static let referenceLimit = 5

  /// What the image should show.
  public var prompt: String
  /// Width of the image in pixels.
  public var width: Int
  /// Height of the image in pixels.
  public var height: Int
  /// Denoising steps.
  public var stepCount: Int
  /// How far to go beyond what the empty prompt gives; 1 is no guidance, above it every step is computed
  /// twice, also for a distilled model (where diffusers ignores it).
  public var guidanceScale: Double = 1
  /// Seed of the initial noise; its low 32 bits count, as in torch.
  public var seed: UInt64
  /// Images to look at, in order: one to be edited, or several to combine.
  public var references: [Raster] = []
  /// How much of the schedule an edit of a single image runs through.
  ///
  /// 1 starts from noise alone, 0 gives the image back through the autoencoder. Several references have no single source, so that it has no effect on them.
  public var strength: Double = 1
  /// Adapters of the transformer.
  public var adapters: [WeightedAdapter] = []

  /// Describes a render; what is not given has the default of its property.
  public init(prompt: String, width: Int, height: Int, seed: UInt64, stepCount: Int) {
    self.prompt = prompt
    self.width = width
    self.height = height
    self.seed = seed
    self.stepCount = stepCount
  }

  /// Steps that are run: an edit of a single image leaves out the first ones (spec §9.6).
  public var remainingStepCount: Int {
    references.count == 1
      ? Schedule.remainingCount(of: stepCount, strength: strength) : stepCount
  }

  /// Checks every number against its limits.
  public func validate() throws(Flux2Error) {
    try Self.check(Self.sides.contains(width), "width", width, "\(Self.sides)")
    try Self.check(Self.sides.contains(height), "height", height, "\(Self.sides)")
    try Self.check(Self.stepCounts.contains(stepCount), "steps", stepCount, "\(Self.stepCounts)")
    try Self.check(
      Self.guidanceScales.contains(guidanceScale), "guidance", guidanceScale,
      "\(Self.guidanceScales)")
    try Self.check(
      Self.strengths.contains(strength), "strength", strength, "\(Self.strengths)")
    try Self.check(
      references.count <= Self.referenceLimit, "references", references.count,
      "at most \(Self.referenceLimit)")
    for image in references { try image.checkAspect() }
  }

  private static func check(
    _ isAllowed: Bool, _ field: String, _ value: some CustomStringConvertible, _ allowed: String
  ) throws(Flux2Error) {
    guard isAllowed else {
      throw Flux2Error(.request, field, "\(value), expected \(allowed)")
    }
  }
}
