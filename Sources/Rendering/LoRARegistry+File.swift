import Files
import JSON
import Text

extension LoRARegistry {
  /// An entry of `registry.json`.
  private struct Item {
    var name = ""
    var file = ""
    var description = ""
    var defaultStrength = RequestParameter.defaultLoRAStrength
    var models: [String] = []
  }

  /// Maximum size of a registry in bytes; bounds the reading of a wrong file.
  private static let byteLimit = 1 << 20
  /// Maximum lengths of a path, as on Linux, and of a description.
  private static let (pathLimit, descriptionLimit) = (4096, 4096)
  private static let form = #"is not {"version": 1, "loras": [{"name": …, "file": …}, …]}"#

  /// Reads `registry.json` in a directory; without the file, the only name is `none`.
  public init(directory: String) throws(RenderError) {
    let path = directory + "/registry.json"
    guard let document = try Self.document(path) else {
      self.init()
      return
    }
    let root = try Self.object(document.root, path)
    guard let version = root["version"], case .array(let values)? = root["loras"] else {
      throw Self.invalid(path, Self.form)
    }
    guard case .number(let number) = version, number.integer == 1 else {
      throw Self.invalid(path, "has a version that is not known; only 1 is")
    }
    var strange = document.repeatedNames.map {
      RenderWarning(.repeatedKey, "\(path) has the key `\($0)` twice; the last one counts")
    }
    strange += Self.strangeKeys(of: root, known: ["version", "loras"])
    var entries: [Entry] = []
    for value in values {
      let object = try Self.object(value, path)
      strange += Self.strangeKeys(
        of: object, known: ["name", "file", "description", "default_strength", "models"])
      let item = try Self.item(object, path: path)
      try Self.check(item, among: entries, path: path)
      entries.append(
        Entry(
          name: item.name, file: item.file.first == "/" ? item.file : directory + "/" + item.file,
          description: item.description, defaultStrength: item.defaultStrength,
          models: item.models))
    }
    self.init(entries: entries, warnings: Array([].merging(strange).prefix(6)))
  }

  /// Reads the file; returns nil if it does not exist.
  private static func document(_ path: String) throws(RenderError) -> JSONDocument? {
    let bytes: [UInt8]
    do {
      bytes = try BoundedFile.bytes(of: path, limit: byteLimit, expecting: .json)
    } catch .missing {
      return nil
    } catch {
      throw invalid(path, "\(error)")
    }
    do {
      return try JSONDocument(bytes)
    } catch {
      throw invalid(path, "is not JSON as it must be: \(error)")
    }
  }

  private static func object(
    _ value: JSONValue, _ path: String
  ) throws(RenderError) -> JSONObject {
    guard case .object(let object) = value else { throw invalid(path, form) }
    return object
  }

  /// Returns warnings about unknown keys, for example misspelt ones.
  private static func strangeKeys(
    of object: JSONObject, known: [ByteString]
  ) -> [RenderWarning] {
    object.members.map(\.name).filter { !known.contains($0) }.map {
      RenderWarning(
        .unknownKey,
        "the registry of LoRAs has the key `\($0)`, which means nothing; known are "
          + known.map { "\($0)" }.joined(separator: ", "))
    }
  }

  private static func item(_ object: JSONObject, path: String) throws(RenderError) -> Item {
    func text(_ key: ByteString, limit: Int) throws(RenderError) -> String? {
      guard let value = object[key] else { return nil }
      guard case .string(let bytes) = value, let text = bytes.string(limit: limit) else {
        throw invalid(path, "has a \(key) that is no text of at most \(limit) bytes")
      }
      return text
    }
    guard let name = try text("name", limit: ByteString.nameLimit),
      let file = try text("file", limit: pathLimit)
    else {
      throw invalid(path, form)
    }
    var item = Item(name: name, file: file)
    item.description = try text("description", limit: descriptionLimit) ?? ""
    if let value = object["default_strength"] {
      guard case .number(let number) = value, let strength = number.double else {
        throw invalid(path, "has a default_strength that is no number")
      }
      item.defaultStrength = strength
    }
    if let value = object["models"] { item.models = try models(value, path: path) }
    return item
  }

  /// The most models that an entry may name.
  private static let modelLimit = 64

  private static func models(
    _ value: JSONValue, path: String
  ) throws(RenderError) -> [String] {
    guard case .array(let items) = value, (1...modelLimit).contains(items.count) else {
      throw invalid(path, "has models that are no list of 1 to \(modelLimit) names")
    }
    return try items.map { (item) throws(RenderError) in
      guard case .string(let bytes) = item, !bytes.isEmpty,
        let name = bytes.string(limit: ByteString.nameLimit)
      else {
        throw invalid(
          path, "names a model by something else than 1 to \(ByteString.nameLimit) bytes of text")
      }
      return name
    }
  }

  private static func check(
    _ item: Item, among entries: [Entry], path: String
  ) throws(RenderError) {
    let allowed = item.name.utf8.allSatisfy {
      switch $0 {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
      default: false
      }
    }
    guard allowed, (1...64).contains(item.name.utf8.count), item.name != Self.none else {
      throw invalid(path, "has a name that is not 1 to 64 letters, digits, - and _, or is `none`")
    }
    for other in entries where other.name == item.name {
      guard !item.models.isEmpty, !other.models.isEmpty,
        !item.models.contains(where: other.models.contains)
      else {
        throw invalid(path, "lists `\(item.name)` twice, not each time for other models")
      }
    }
    guard !item.file.isEmpty, !item.file.utf8.contains(0) else {
      throw invalid(path, "names no file for `\(item.name)`")
    }
    let range = RequestParameter.loraStrengths
    guard range.contains(item.defaultStrength) else {
      throw invalid(path, "gives `\(item.name)` a default strength outside \(range)")
    }
  }

  private static func invalid(_ path: String, _ problem: String) -> RenderError {
    RenderError(.invalidRegistry, "\(path) \(problem)")
  }
}
