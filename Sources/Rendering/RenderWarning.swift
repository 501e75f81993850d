package import JSON

/// A warning: a parameter or setting had no effect, or another effect than requested.
///
/// Warnings are values. They are created in validating a request and in preparing it for a model,
/// and are passed on with the plan and the image to the client. They never make a request fail.
public struct RenderWarning: Sendable, Hashable {
  /// The kinds of warning; programs rely on these words, so they must not change.
  public enum Code: String, Sendable, CaseIterable {
    /// The prompt is blank.
    case blankPrompt = "blank_prompt"
    /// The prompt has more tokens than the model reads.
    case promptTruncated = "prompt_truncated"
    /// The prompt contains words that the model was not trained on.
    case unknownWords = "unknown_words"
    /// The size was rounded down to an allowed multiple.
    case sizeRounded = "size_rounded"
    /// The size was scaled down to the limit.
    case sizeScaled = "size_scaled"
    /// Much of the render was cropped to get the requested size.
    case renderCropped = "picture_cropped"
    /// Much of the image to edit was cropped to get the requested aspect.
    case imageCropped = "image_cropped"
    /// An image is an animation; only the first frame is used.
    case framesIgnored = "frames_ignored"
    /// An image has transparent pixels, which become white.
    case transparencyFlattened = "transparency_flattened"
    /// The number of steps is too low for an undistilled model.
    case baseModelSteps = "base_model_steps"
    /// An undistilled model is used without guidance.
    case baseModelGuidance = "base_model_guidance"
    /// A LoRA strength is given without a LoRA.
    case loraStrengthUnused = "lora_strength_unused"
    /// A strength is given without a single image to edit.
    case strengthUnused = "strength_unused"
    /// A mask repaints everything, or nothing.
    case maskUniform = "mask_uniform"
    /// A negative prompt is given without guidance.
    case negativePromptUnused = "negative_prompt_unused"
    /// A LoRA's files disagree about its scale.
    case adapterAlphaConflict = "adapter_alpha_conflict"
    /// A LoRA's files contain a key that is not supported.
    case adapterKeyIgnored = "adapter_key_ignored"
    /// A parameter has no effect here.
    case parameterIgnored = "parameter_ignored"
    /// Fewer previews are sent than requested.
    case previewsReduced = "previews_reduced"
    /// Only the low bits of a seed are used.
    case seedReduced = "seed_reduced"
    /// A setting has no effect in combination with others.
    case settingUnused = "setting_unused"
    /// A file contains an unknown key.
    case unknownKey = "unknown_key"
    /// A file contains a key twice; the last one counts.
    case repeatedKey = "repeated_key"
    /// Images of an allowed size do not fit into memory.
    case sizeBeyondMemory = "size_beyond_memory"
    /// An environment variable looks like a setting but is unknown.
    case unknownVariable = "unknown_variable"
    /// The image to repeat was made by another model.
    case otherModel = "other_model"
  }

  /// The kind, in lower-case letters and underscores.
  public let code: String
  /// The explanation, in one line.
  public let message: String

  /// Creates a warning.
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
  /// The warning as stored in an image's text chunk: `code: message`.
  public var description: String { "\(code): \(message)" }

  /// Maximum length of a code; bounds the text that is taken from a file.
  private static let codeLimit = 64

  /// Parses `description`, including codes that this version does not know.
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
  /// Returns these and then the other warnings, without duplicates.
  public func merging(_ others: [RenderWarning]) -> [RenderWarning] {
    var known = Set<RenderWarning>()
    return (self + others).filter { known.insert($0).inserted }
  }
}

extension RenderWarning {
  /// The warning as answers and reports carry it.
  package var json: JSONValue { ["code": .string(code), "message": .string(message)] }
}
