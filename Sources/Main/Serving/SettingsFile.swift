import FoundationEssentials

/// A configuration file: one JSON object of settings.
package enum SettingsFile {
  /// A value as it may be written: text, a number, a switch, or a list of texts.
  private struct Value: Decodable {
    let text: String
    var isList = false

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        text = flag ? "true" : "false"
      } else if let number = try? container.decode(Int.self) {
        text = "\(number)"
      } else if let number = try? container.decode(Double.self) {
        text = "\(number)"
      } else if let items = try? container.decode([String].self) {
        guard !items.contains(where: { $0.utf8.contains(UInt8(ascii: ",")) }) else {
          throw DecodingError.dataCorruptedError(
            in: container, debugDescription: "an item holds a comma")
        }
        text = items.joined(separator: ",")
        isList = true
      } else {
        text = try container.decode(String.self)
      }
    }
  }

  private static let byteLimit = 1 << 20

  /// Reads a file.
  static func read(_ path: String) throws -> [Setting: String] {
    try parse(try InputFile.read(path, limit: byteLimit), path: path)
  }

  /// Reads the contents of a file; a name that is no setting's is an error, since a misspelt limit
  /// would otherwise be no limit.
  package static func parse(
    _ bytes: [UInt8], path: String
  ) throws(UsageError) -> [Setting: String] {
    let values: [String: Value]
    do {
      values = try JSONDecoder().decode([String: Value].self, from: Data(bytes))
    } catch {
      throw UsageError(
        "\(path) is not a JSON object of texts, numbers, true or false, and lists of texts")
    }
    var settings: [Setting: String] = [:]
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let setting = Setting.allCases.first(where: { $0.key == key }) else {
        throw unknown(key, path: path)
      }
      guard !value.isList || setting.isList else {
        throw UsageError("\(path): \(key) is one value, not a list")
      }
      settings[setting] = value.text
    }
    return settings
  }

  private static func unknown(_ key: String, path: String) -> UsageError {
    let known = Setting.allCases.map(\.key)
    let guess = Suggestion.closest(to: key, among: known)
    return UsageError(
      "\(path): there is no setting `\(key)`; "
        + (guess.map { "did you mean `\($0)`?" }
          ?? "the settings are \(known.joined(separator: ", "))"))
  }
}
