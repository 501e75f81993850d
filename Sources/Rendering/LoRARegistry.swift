package import Flux2
internal import Text

/// The LoRAs that may be asked for by name: `loras/registry.json` and the files beside it.
///
/// ```json
/// {"version": 1, "loras": [{"name": "dark", "file": "dark.safetensors",
///   "description": "…", "default_strength": 0.6}]}
/// ```
public struct LoRARegistry: Sendable {
  /// One LoRA of the registry.
  public struct Entry: Sendable {
    /// The name in requests.
    public let name: String
    /// The path of its weights.
    public let file: String
    /// A description for people.
    public let description: String
    /// The strength of a request that gives none.
    public let defaultStrength: Double
    /// The opened file; nil until a model has opened it.
    package var adapter: LoRAAdapter?

    /// Describes a LoRA.
    public init(name: String, file: String, description: String, defaultStrength: Double) {
      self.name = name
      self.file = file
      self.description = description
      self.defaultStrength = defaultStrength
    }
  }

  /// A LoRA of the registry that the model cannot use.
  public struct Unusable: Sendable, Equatable {
    /// The name in requests.
    public let name: String
    /// The reason, without the name of any file.
    public let reason: String
    /// The same for the operator.
    public let detail: String

    /// Describes a LoRA.
    public init(name: String, reason: String, detail: String) {
      self.name = name
      self.reason = reason
      self.detail = detail
    }

    /// The error for whoever asks for it.
    public var error: RenderError {
      RenderError(.invalidRequest, of: .lora, "the LoRA `\(name)` cannot be used: \(reason)")
    }
  }

  /// The name that means no LoRA; every registry has it.
  public static let none = RequestParameter.noLoRA

  /// The LoRAs in the order of the file.
  public let entries: [Entry]

  /// Those that are in the file too, but cannot be used.
  public let unusable: [Unusable]

  /// Warnings about its file.
  public let warnings: [RenderWarning]

  /// A registry of these entries.
  public init(
    entries: [Entry] = [], unusable: [Unusable] = [], warnings: [RenderWarning] = []
  ) {
    self.entries = entries
    self.unusable = unusable
    self.warnings = warnings
  }

  /// Every name that can be asked for, `none` first.
  public var names: [String] { [Self.none] + entries.map(\.name) }

  /// Returns true for a name that can be asked for, compared byte for byte.
  public func offers(_ name: String) -> Bool { names.contains(where: ByteString(name).equals) }

  /// The entry of a name; nil for `none`.
  public func entry(named name: String) throws(RenderError) -> Entry? {
    // Names that Unicode takes for one are two, as they are in requests.
    let bytes = ByteString(name)
    if bytes.equals(Self.none) { return nil }
    if let known = unusable.first(where: { bytes.equals($0.name) }) { throw known.error }
    guard let entry = entries.first(where: { bytes.equals($0.name) }) else {
      throw RenderError(
        .invalidRequest, of: .lora,
        "there is no LoRA of that name; known are \(names.joined(separator: ", "))")
    }
    return entry
  }
}
