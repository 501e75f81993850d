/// The limits of requests that differ between the command line and a deployment of the service; the ranges that
/// hold everywhere are in `RequestParameter`.
public struct RenderLimits: Sendable {
  /// The answer to a request for an image that is too large.
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
  /// The answer to sides that are longer than these.
  public var oversize = Oversize.refuse
  /// True if a prompt may be empty.
  public var allowsEmptyPrompt: Bool
  /// Images of one request.
  public var imageCounts = 1...1

  /// Limits with the given range of sides.
  public init(side: ClosedRange<Int>, editSide: ClosedRange<Int>, allowsEmptyPrompt: Bool) {
    self.side = side
    self.editSide = editSide
    self.allowsEmptyPrompt = allowsEmptyPrompt
  }

  /// Fits a size that is asked for into the limits, before it is rounded.
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
  public static let commandLine = {
    var limits = RenderLimits(
      side: SizePolicy.sides, editSide: SizePolicy.sides, allowsEmptyPrompt: true)
    limits.imageCounts = 1...1000
    return limits
  }()
}
