package import Flux2
import Text

/// The LoRAs that requests may name: `loras/registry.json` and the files beside it.
///
/// ```json
/// {"version": 1, "loras": [{"name": "dark", "file": "dark.safetensors",
///   "description": "…", "default_strength": 0.6, "models": ["iris-tiny"]}]}
/// ```
///
/// Several entries may have one name if each names the models that it is for, and no model is named twice.
public struct LoRARegistry: Sendable {
  /// One LoRA of the registry.
  public struct Entry: Sendable {
    /// The name in requests.
    public let name: String
    /// The path of the weights.
    public let file: String
    /// A description for users.
    public let description: String
    /// The default strength.
    public let defaultStrength: Double
    /// The models that it is for, each by its id, its folder's name or the first digits of its hash; empty for
    /// any that it fits.
    public let models: [String]
    /// The opened file; nil until a model has opened it.
    package var adapter: Adapter?

    /// Creates an entry.
    public init(
      name: String, file: String, description: String, defaultStrength: Double,
      models: [String] = []
    ) {
      self.name = name
      self.file = file
      self.description = description
      self.defaultStrength = defaultStrength
      self.models = models
    }
  }

  /// A registered LoRA that the model cannot use.
  public struct Unusable: Sendable, Equatable {
    /// The name in requests.
    public let name: String
    /// The reason, without file names.
    public let reason: String
    /// The reason with details for the operator.
    public let detail: String

    /// Creates an entry.
    public init(name: String, reason: String, detail: String) {
      self.name = name
      self.reason = reason
      self.detail = detail
    }

    /// The error for requests that name it.
    public var error: RenderError {
      RenderError(.invalidRequest, of: .lora, "the LoRA `\(name)` cannot be used: \(reason)")
    }
  }

  /// The name that stands for no LoRA; every registry has it.
  public static let none = RequestParameter.noLoRA

  /// The LoRAs in file order.
  public let entries: [Entry]

  /// The LoRAs in the file that cannot be used.
  public let unusable: [Unusable]

  /// Warnings about the file.
  public let warnings: [RenderWarning]

  /// Creates a registry.
  public init(
    entries: [Entry] = [], unusable: [Unusable] = [], warnings: [RenderWarning] = []
  ) {
    self.entries = entries
    self.unusable = unusable
    self.warnings = warnings
  }

  /// The names that requests may use, `none` first.
  public var names: [String] {
    entries.map(\.name).reduce(into: [Self.none]) { names, name in
      if !names.contains(where: ByteString(name).equals) { names.append(name) }
    }
  }

  /// Returns the registry with the LoRAs of some names alone.
  public func restricted(to names: [String]) -> LoRARegistry {
    func isNamed(_ name: String) -> Bool { names.contains(where: ByteString(name).equals) }
    return LoRARegistry(
      entries: entries.filter { isNamed($0.name) }, unusable: unusable.filter { isNamed($0.name) },
      warnings: warnings)
  }

  /// Returns whether requests may use a name; names are compared byte for byte.
  public func offers(_ name: String) -> Bool {
    let bytes = ByteString(name)
    return bytes.equals(Self.none) || entries.contains { bytes.equals($0.name) }
  }

  /// Returns the entry with a name; nil for `none`.
  public func entry(named name: String) throws(RenderError) -> Entry? {
    // Compare bytes as requests do: canonically equivalent names are different.
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

extension LoRARegistry {
  /// Returns the registry of one model: without the entries that are for others.
  ///
  /// A name of which nothing is left is known, and cannot be used.
  /// - Parameter isModel: Returns true for a word that means the model.
  package func fitting(_ isModel: (String) -> Bool) -> LoRARegistry {
    let own = entries.filter { $0.models.isEmpty || $0.models.contains(where: isModel) }
    let ownNames = own.map(\.name) + unusable.map(\.name)
    var others: [Unusable] = []
    for entry in entries where !(ownNames + others.map(\.name)).contains(entry.name) {
      let models = entries.filter { $0.name == entry.name }.flatMap(\.models)
      let reason = "it is for other models: \(models.joined(separator: ", "))"
      others.append(Unusable(name: entry.name, reason: reason, detail: reason))
    }
    return LoRARegistry(entries: own, unusable: unusable + others, warnings: warnings)
  }
}
