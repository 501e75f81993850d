public import Imaging

/// Limits of requests that differ between the command line and a deployment of the service; the
/// ranges that are the same everywhere are in `RequestParameter`.
public struct RenderLimits: Sendable {
  /// The handling of sizes above the limits.
  public enum Oversize: String, Sendable, CaseIterable {
    /// The request is refused.
    case refuse
    /// The image is scaled down at constant aspect until it is within the limits.
    case scale
  }

  /// The allowed sides of an explicit size, before rounding.
  public var side: ClosedRange<Int>
  /// The allowed sides of an explicit size of an edit, before rounding.
  public var editSide: ClosedRange<Int>
  /// The longest side of an edit whose size is derived from its first image.
  public var ownEditSide = SizePolicy.longestEditSide
  /// The handling of longer sides.
  public var oversize = Oversize.refuse
  /// True if a prompt may be empty.
  public var allowsEmptyPrompt: Bool
  /// The allowed strengths of a LoRA.
  public var loraStrengths = RequestParameter.loraStrengths
  /// The file formats that requests may ask for; PNG is always one.
  public var outputFormats = [OutputFormat.png]
  /// True if requests may give a negative prompt.
  public var allowsNegativePrompt = false
  /// True if edits may have a mask.
  public var allowsMask = false
  /// How edits of a single image begin that do not say.
  public var editMode = EditMode.strength
  /// The allowed numbers of images in a request.
  public var imageCounts = 1...1

  /// Creates limits with the given ranges of sides.
  public init(side: ClosedRange<Int>, editSide: ClosedRange<Int>, allowsEmptyPrompt: Bool) {
    self.side = side
    self.editSide = editSide
    self.allowsEmptyPrompt = allowsEmptyPrompt
  }

  /// Returns limits that allow whatever these or others allow.
  public func widened(by other: RenderLimits) -> RenderLimits {
    func union<Bound>(_ a: ClosedRange<Bound>, _ b: ClosedRange<Bound>) -> ClosedRange<Bound> {
      min(a.lowerBound, b.lowerBound)...max(a.upperBound, b.upperBound)
    }
    var limits = self
    limits.side = union(side, other.side)
    limits.editSide = union(editSide, other.editSide)
    limits.ownEditSide = max(ownEditSide, other.ownEditSide)
    limits.oversize = [oversize, other.oversize].contains(.scale) ? .scale : .refuse
    limits.allowsEmptyPrompt = allowsEmptyPrompt || other.allowsEmptyPrompt
    limits.loraStrengths = union(loraStrengths, other.loraStrengths)
    limits.outputFormats = OutputFormat.allCases.filter {
      outputFormats.contains($0) || other.outputFormats.contains($0)
    }
    limits.allowsNegativePrompt = allowsNegativePrompt || other.allowsNegativePrompt
    limits.allowsMask = allowsMask || other.allowsMask
    limits.imageCounts = union(imageCounts, other.imageCounts)
    return limits
  }

  /// True if requests may ask for a format that has a quality.
  var writesLossyFormats: Bool { outputFormats.contains(where: \.isLossy) }

  /// Fits a requested size into the limits, before rounding.
  /// - Parameters:
  ///   - size: The requested size.
  ///   - isEdit: True for an edit.
  /// - Returns: The size, or a smaller one if it is too large and is to be scaled; nil if it is
  ///   refused.
  public func fitted(_ size: PixelSize, isEdit: Bool) -> PixelSize? {
    let sides = isEdit ? editSide : side
    guard min(size.width, size.height) >= sides.lowerBound else { return nil }
    if max(size.width, size.height) <= sides.upperBound { return size }
    return oversize == .scale ? SizePolicy.scaledDown(size, toSide: sides.upperBound) : nil
  }

  /// Returns the size of an image for a request that does not specify one.
  /// - Parameter source: The size of the first image of an edit; nil for a generation.
  public func ownSize(of source: PixelSize?) -> PixelSize {
    guard let source else {
      return SizePolicy.snapped(
        SizePolicy.scaledDown(SizePolicy.defaultSize, toSide: side.upperBound))
    }
    return SizePolicy.editSize(of: source, longestSide: min(ownEditSide, editSide.upperBound))
  }

  /// Describes the allowed sizes.
  public func allowedSizes(isEdit: Bool) -> String {
    let sides = isEdit ? editSide : side
    return oversize == .scale
      ? "each side must be at least \(sides.lowerBound)"
      : "each side may be \(sides.lowerBound) to \(sides.upperBound)"
  }

  /// The limits of the command line.
  public static let commandLine = {
    var limits = RenderLimits(
      side: SizePolicy.sides, editSide: SizePolicy.sides, allowsEmptyPrompt: true)
    limits.imageCounts = 1...1000
    limits.loraStrengths = RequestParameter.possibleLoRAStrengths
    limits.outputFormats = OutputFormat.allCases
    (limits.allowsNegativePrompt, limits.allowsMask) = (true, true)
    return limits
  }()
}

/// Defaults of a request that depend on the model's training.
public struct RenderDefaults: Sendable, Equatable {
  /// Denoising steps.
  public let stepCount: Int
  /// Classifier-free guidance scale.
  public let guidanceScale: Double
  /// Images of fewer steps remain unfinished.
  public let fewestSteps: Int

  /// Defaults of models distilled to a few steps without guidance, such as klein and the embedded
  /// one.
  public static let distilled = RenderDefaults(stepCount: 4, guidanceScale: 1, fewestSteps: 1)
  /// Defaults of undistilled models, such as klein's base; the values of its model card.
  ///
  /// At 20 steps shapes are settled; fewer are usually a mistake.
  public static let base = RenderDefaults(stepCount: 50, guidanceScale: 4, fewestSteps: 20)

  /// Returns the defaults of a distilled or undistilled model.
  public static func of(distilled isDistilled: Bool) -> RenderDefaults {
    isDistilled ? .distilled : .base
  }
}
