/// The LoRAs that may be asked for by name: `loras/registry.json` and the files beside it.
///
/// ```json
/// {"version": 1, "loras": [{"name": "dark", "file": "dark.safetensors",
///   "description": "…", "default_strength": 0.6}]}
/// ```
public struct LoRARegistry: Sendable, Equatable {
  /// One LoRA of the registry.
  public struct Entry: Sendable, Equatable {
    /// What requests call it.
    public let name: String
    /// The path of its weights.
    public let file: String
    /// What it does, for people.
    public let description: String
    /// The strength of a request that gives none.
    public let defaultStrength: Double

    /// Describes a LoRA.
    public init(name: String, file: String, description: String, defaultStrength: Double) {
      self.name = name
      self.file = file
      self.description = description
      self.defaultStrength = defaultStrength
    }
  }

  /// The name that means no LoRA; every registry has it.
  public static let none = "none"
  /// The strength of a LoRA that the registry says nothing about.
  public static let defaultStrength = 0.6

  /// The LoRAs in the order of the file.
  public let entries: [Entry]

  /// A registry of these entries.
  public init(entries: [Entry] = []) { self.entries = entries }

  /// Every name that can be asked for, `none` first.
  public var names: [String] { [Self.none] + entries.map(\.name) }

  /// The entry of a name; nil for `none`.
  public func entry(named name: String) throws(RenderError) -> Entry? {
    if name == Self.none { return nil }
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw RenderError(
        .invalidRequest, field: "lora",
        "there is no LoRA of that name; known are \(names.joined(separator: ", "))")
    }
    return entry
  }
}
