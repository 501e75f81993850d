/// What a request may ask for; each way in has limits of its own.
public struct RenderLimits: Sendable {
  /// Each side of an explicit size, before it is rounded.
  public var side: ClosedRange<Int>
  /// The same for edits.
  public var editSide: ClosedRange<Int>
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

  /// The limits of the command line.
  public static let commandLine = RenderLimits(
    side: 64...2048, editSide: 64...2048, allowsEmptyPrompt: true)
}
