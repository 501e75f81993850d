/// Something that was asked for and did not come about as asked, or that the image will not show.
///
/// Warnings are values: they come about where a request is checked and where a model is asked about it,
/// and travel with the plan and the image to whoever asked. Nothing fails for them.
public struct RenderWarning: Sendable, Hashable {
  /// The kinds; programs tell warnings apart by these words, which stay what they are.
  public enum Code: String, Sendable, CaseIterable {
    /// There is nothing in the prompt but blanks.
    case blankPrompt = "blank_prompt"
    /// The prompt has more tokens than the model reads.
    case promptTruncated = "prompt_truncated"
    /// The model was never shown some of the prompt's words.
    case unknownWords = "unknown_words"
    /// The size was rounded down to what can be rendered.
    case sizeRounded = "size_rounded"
    /// The size was scaled down to what is allowed.
    case sizeScaled = "size_scaled"
    /// Much of what the model draws is cut away to get the size asked for.
    case renderCropped = "picture_cropped"
    /// Much of the image to edit is cut away to get the shape asked for.
    case imageCropped = "image_cropped"
    /// An image is an animation, of which the first frame counts.
    case framesIgnored = "frames_ignored"
    /// An image is transparent in places, which count as white.
    case transparencyFlattened = "transparency_flattened"
    /// A model that was not distilled is given too few steps.
    case baseModelSteps = "base_model_steps"
    /// A model that was not distilled is given no guidance.
    case baseModelGuidance = "base_model_guidance"
    /// A strength for a LoRA, but no LoRA.
    case loraStrengthUnused = "lora_strength_unused"
    /// A strength of an edit, but no single source to start from.
    case strengthUnused = "strength_unused"
    /// The files of a LoRA disagree about its scale.
    case adapterAlphaConflict = "adapter_alpha_conflict"
    /// The files of a LoRA say something that is not understood here.
    case adapterKeyIgnored = "adapter_key_ignored"
    /// A parameter that asks for something, but has no effect here.
    case parameterIgnored = "parameter_ignored"
    /// Fewer previews are drawn than were asked for.
    case previewsReduced = "previews_reduced"
    /// Only part of a seed counts.
    case seedReduced = "seed_reduced"
    /// A setting that has no effect beside others.
    case settingUnused = "setting_unused"
    /// A key of a file that means nothing.
    case unknownKey = "unknown_key"
    /// A key that a file has twice, of which the last counts.
    case repeatedKey = "repeated_key"
    /// Images of a size that may be asked for do not fit into the memory that there is.
    case sizeBeyondMemory = "size_beyond_memory"
    /// A variable of the environment that looks like a setting, and is none.
    case unknownVariable = "unknown_variable"
    /// The image to repeat was made by another model.
    case otherModel = "other_model"
  }

  /// The kind, as a word of small letters and underscores.
  public let code: String
  /// What it is about, in one line.
  public let message: String

  /// Describes a warning.
  public init(_ code: Code, _ message: String) {
    self.code = code.rawValue
    self.message = message
  }

  private init(code: String, message: String) {
    self.code = code
    self.message = message
  }
}

extension RenderWarning: CustomStringConvertible {
  /// The warning as an image's text has it: `code: message`.
  public var description: String { "\(code): \(message)" }

  /// No code is longer; bounds what is taken from a file.
  private static let codeLimit = 64

  /// Reads what `description` wrote, also with a code that this version does not know.
  public init?(_ line: String) {
    let bytes = Array(line.utf8)
    guard let colon = bytes.prefix(Self.codeLimit + 1).firstIndex(of: UInt8(ascii: ":")),
      colon > 0, bytes.dropFirst(colon + 1).first == UInt8(ascii: " "),
      bytes.prefix(colon).allSatisfy({ (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") })
    else { return nil }
    self.init(
      code: String(decoding: bytes.prefix(colon), as: UTF8.self),
      message: String(decoding: bytes.dropFirst(colon + 2), as: UTF8.self))
  }
}

extension [RenderWarning] {
  /// These and others behind them, none twice.
  public func merging(_ others: [RenderWarning]) -> [RenderWarning] {
    var known = Set<RenderWarning>()
    return (self + others).filter { known.insert($0).inserted }
  }
}
