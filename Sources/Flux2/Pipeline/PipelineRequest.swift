public import Imaging

/// The input of a render.
public struct PipelineRequest: Sendable {
  /// The allowed width and height, in pixels, from one token of klein; services may allow less.
  public static let sides = ResolutionBucket.sides
  /// The allowed numbers of denoising steps.
  public static let stepCounts = 1...50
  /// The allowed guidance scales.
  public static let guidanceScales: ClosedRange<Double> = 1...20
  /// The allowed strengths.
  public static let strengths: ClosedRange<Double> = 0...1
  /// The largest number of reference images.
  public static let referenceLimit = 5

  /// A description of the image.
  public var prompt: String
  /// Width of the image in pixels.
  public var width: Int
  /// Height of the image in pixels.
  public var height: Int
  /// Denoising steps.
  public var stepCount: Int
  /// The scale of classifier-free guidance; at 1 there is none, above it every step is computed twice, also
  /// for a distilled model (where diffusers ignores it).
  public var guidanceScale: Double = 1
  /// A description of what guidance leads away from; without guidance it has no effect.
  public var negativePrompt = ""
  /// Seed of the initial noise; its low 32 bits count, as in torch.
  public var seed: UInt64
  /// Reference images, in order: one to be edited, or several to combine.
  public var references: [Raster] = []
  /// A grey image of the size of the first reference: what is white in it is repainted, what is black is
  /// kept; nil to repaint everything.
  public var mask: Raster?
  /// The share of the schedule that an edit of a single image runs through.
  ///
  /// 1 starts from noise alone, 0 gives the image back through the autoencoder. Several references without
  /// a mask have no single source, so that it has no effect on them.
  public var strength: Double = 1
  /// Adapters of the transformer.
  public var adapters: [WeightedAdapter] = []

  /// Describes a render; the other properties have their defaults.
  public init(prompt: String, width: Int, height: Int, seed: UInt64, stepCount: Int) {
    self.prompt = prompt
    self.width = width
    self.height = height
    self.seed = seed
    self.stepCount = stepCount
  }

  /// The image that an edit starts from, or of which a mask keeps parts: a single reference, and with a mask
  /// the first one.
  public var source: Raster? {
    references.count == 1 || mask != nil ? references.first : nil
  }

  /// The source, where something of it is kept.
  var encodedSource: Raster? { strength < 1 || mask != nil ? source : nil }

  /// The number of steps that are run: an edit with a source leaves out the first ones (spec §9.6).
  public var remainingStepCount: Int {
    source == nil ? stepCount : Schedule.remainingCount(of: stepCount, strength: strength)
  }

  /// Checks every number against its limits.
  /// - Throws: `Flux2Error` of the kind `request`, whose subject is the property at fault.
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
    if let mask {
      try Self.check(
        mask.width == references.first?.width && mask.height == references.first?.height, "mask",
        "\(mask.width)x\(mask.height)", "the size of the first reference")
    }
  }

  private static func check(
    _ isAllowed: Bool, _ field: String, _ value: some CustomStringConvertible, _ allowed: String
  ) throws(Flux2Error) {
    guard isAllowed else {
      throw Flux2Error(.request, field, "\(value), expected \(allowed)")
    }
  }
}

/// A finished render.
public struct PipelineResult: Sendable {
  /// The image, of the requested size.
  public let raster: Raster
  /// The duration of each stage, in the order they ran; stages that were not needed are absent.
  public let timings: [StageTiming]
}
