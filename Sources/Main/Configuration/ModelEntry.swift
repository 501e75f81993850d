import JSON
import Rendering
import Text

/// One of the models of a configuration file: `{"id": …, "path": …}` and settings of its own.
///
/// ```json
/// {"models": [{"id": "iris-tiny", "path": "models/iris-tiny"},
///   {"id": "klein", "path": "/srv/klein", "precision": "int8", "price": "0.02", "loras": ["dark"]}]}
/// ```
package struct ModelEntry: Sendable {
  /// The key of the list.
  static let key = "models"
  private static let lorasKey = "loras"
  /// Settings that differ between models, by their keys in an entry.
  private static let settings: [(key: String, setting: Setting)] =
    [
      ("id", .modelID), ("path", .model), ("aliases", .modelAliases), ("owner", .modelOwner),
    ] + own.map { ($0.key, $0) }
  private static let own: [Setting] = [
    .transformer, .autoencoder, .textEncoder, .tokenizer, .precision, .products, .price, .maxSize,
    .maxEditSize, .oversize, .loraStrengths, .editMode, .masks, .negativePrompts,
    .imagesPerRequest, .outputFormats,
  ]

  /// Settings of the service that say of one model which it is, and so have no meaning beside a list.
  static let replaced: [Setting] = [
    .model, .modelID, .modelAliases, .transformer, .autoencoder, .textEncoder, .tokenizer,
  ]

  /// The place in the file, for messages.
  let place: String
  /// The values, in the spelling of options.
  let values: [Setting: String]
  /// The LoRAs that it offers.
  let loras: LoRAOffer

  /// Reads the list.
  static func list(_ value: JSONValue, path: String) throws(UsageError) -> [ModelEntry] {
    guard case .array(let items) = value, !items.isEmpty else {
      throw UsageError(
        "\(path): \(key) must be a list of models, as in [{\"id\": \"klein\", \"path\": \"/srv/klein\"}]"
      )
    }
    var entries: [ModelEntry] = []
    for (index, item) in items.enumerated() {
      entries.append(try ModelEntry(item, place: "\(path): \(key)[\(index)]"))
    }
    return entries
  }

  private init(_ value: JSONValue, place: String) throws(UsageError) {
    guard case .object(let object) = value else {
      throw UsageError("\(place) is \(value.typeName), not an object")
    }
    var values: [Setting: String] = [:]
    var loras = LoRAOffer()
    for member in object.members {
      if member.name.equals(Self.lorasKey) {
        loras = try LoRAOffer(member.value, place: place + "." + Self.lorasKey)
        continue
      }
      guard let known = Self.settings.first(where: { member.name.equals($0.key) }) else {
        throw SettingsFile.unknown(
          member.name, among: Self.settings.map(\.key) + [Self.lorasKey], path: place)
      }
      values[known.setting] = try SettingsFile.text(of: member.value, known.setting, path: place)
    }
    guard let id = values[.modelID], !id.isEmpty else { throw UsageError("\(place) has no id") }
    let parts: [Setting] = [.transformer, .autoencoder, .textEncoder, .tokenizer]
    guard values[.model] != nil || parts.allSatisfy({ values[$0] != nil }) else {
      throw UsageError(
        "\(place) has no path, nor the files \(parts.map(\.key).joined(separator: ", "))")
    }
    (self.place, self.values, self.loras) = (place, values, loras)
  }

  /// A line for each of its settings, as `--print-config` shows them.
  var lines: [String] {
    Self.settings.compactMap { key, setting in values[setting].map { "\(place).\(key)  \($0)" } }
      + (loras.text.map { ["\(place).\(Self.lorasKey)  \($0)"] } ?? [])
  }
}

/// The LoRAs that a model of a list offers: those of the service that fit it, some of them by name, or those of a
/// registry of its own.
package struct LoRAOffer: Sendable {
  /// The names that are offered; nil for all.
  private(set) var names: [String]?
  /// The directory of a registry of its own; nil for that of the service.
  private(set) var directory: String?

  /// Offers all that fit.
  init() {}

  /// Reads a list of names, or a directory.
  /// - Parameter place: The place in the file, for messages.
  init(_ value: JSONValue, place: String) throws(UsageError) {
    let error = UsageError("\(place) must be a list of names, or the directory of a registry.json")
    switch value {
    case .string(let path):
      guard let path = path.string(limit: SettingsFile.valueLimit), !path.isEmpty else {
        throw error
      }
      directory = path
    case .array(let items):
      names = try items.map { item throws(UsageError) in
        guard case .string(let bytes) = item, let name = bytes.string(limit: ByteString.nameLimit)
        else { throw error }
        return name
      }
    default: throw error
    }
  }

  /// The value as `--print-config` shows it; nothing where all are offered.
  var text: String? { names?.joined(separator: ",") ?? directory }
}
