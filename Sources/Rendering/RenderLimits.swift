/// What a request may ask for; each way in has limits of its own.
public struct RenderLimits: Sendable {
  /// What becomes of a request for a larger image than it may ask for.
  public enum Oversize: String, Sendable, CaseIterable {
    /// It is refused.
    case refuse
    /// The image is scaled down, with its aspect, until it is allowed.
    case scale
  }

  /// Each side of an explicit size, before it is rounded.
  public var side: ClosedRange<Int>
  /// The same for edits.
  public var editSide: ClosedRange<Int>
  /// The longest side of an edit that asks for no size and gets that of its first image.
  public var ownEditSide = SizePolicy.longestEditSide
  /// What becomes of sides that are longer than these.
  public var oversize = Oversize.refuse
  /// Whether a prompt may be empty.
  public var allowsEmptyPrompt: Bool
  /// Unicode code points in a prompt.
  public var promptLength = 2000
  /// Denoising steps.
  public var stepCount = 1...50
  /// Classifier-free guidance.
  public var guidanceScale: ClosedRange<Double> = 1...20
  /// How far an edit goes from its source.
  public var strength: ClosedRange<Double> = 0...1
  /// How much of a LoRA is added.
  public var loraStrength: ClosedRange<Double> = 0...1.5
  /// Seeds are integers that JSON's numbers hold exactly.
  public var seed: ClosedRange<UInt64> = 0...((1 << 53) - 1)
  /// Reference images in one request.
  public var referenceCount = 5

  /// Limits with the given range of sides.
  public init(side: ClosedRange<Int>, editSide: ClosedRange<Int>, allowsEmptyPrompt: Bool) {
    self.side = side
    self.editSide = editSide
    self.allowsEmptyPrompt = allowsEmptyPrompt
  }

  /// What is rendered where a size is asked for, before it is rounded.
  /// - Parameters:
  ///   - size: The size asked for.
  ///   - isEdit: Whether it is that of an edit.
  /// - Returns: The size, or a smaller one if it is too large and may be scaled; nil where it is refused.
  public func fitted(_ size: PixelSize, isEdit: Bool) -> PixelSize? {
    let sides = isEdit ? editSide : side
    guard min(size.width, size.height) >= sides.lowerBound else { return nil }
    if max(size.width, size.height) <= sides.upperBound { return size }
    return oversize == .scale ? SizePolicy.scaledDown(size, toSide: sides.upperBound) : nil
  }

  /// The size of an image for which no size was asked.
  /// - Parameter source: The size of the first image of an edit; nil for a generation.
  public func ownSize(of source: PixelSize?) -> PixelSize {
    guard let source else {
      return SizePolicy.snapped(
        SizePolicy.scaledDown(SizePolicy.defaultSize, toSide: side.upperBound))
    }
    return SizePolicy.editSize(of: source, longestSide: min(ownEditSide, editSide.upperBound))
  }

  /// The sizes that may be asked for, in words.
  public func allowedSizes(isEdit: Bool) -> String {
    let sides = isEdit ? editSide : side
    return oversize == .scale
      ? "each side must be at least \(sides.lowerBound)"
      : "each side may be \(sides.lowerBound) to \(sides.upperBound)"
  }

  /// The limits of the command line.
  public static let commandLine = RenderLimits(
    side: 64...2048, editSide: 64...2048, allowsEmptyPrompt: true)
}
