import Files
import JSON
package import Rendering
import Text

/// A configuration file: one JSON object of settings.
package struct SettingsFile {
  private static let byteLimit = 1 << 20
  /// The longest value in bytes: Linux paths have at most 4,096.
  static let valueLimit = 4096

  /// The values, in the spelling of options.
  package private(set) var values: [Setting: String] = [:]
  /// The settings of each model of `models`; empty without that key.
  package private(set) var models: [ModelEntry] = []
  /// Warnings about repeated keys.
  package private(set) var warnings: [RenderWarning] = []

  /// Reads a file.
  init(path: String) throws {
    try self.init(try InputFile.read(path, limit: Self.byteLimit), path: path)
  }

  /// Parses the contents of a file.
  ///
  /// An unknown key is an error, since a misspelt limit would otherwise be no limit.
  package init(_ bytes: [UInt8], path: String) throws(UsageError) {
    let document: JSONDocument
    do {
      document = try JSONDocument(bytes)
    } catch {
      if !bytes.isEmpty, let words = FileKind.mismatch(bytes, expecting: .json) {
        throw UsageError("\(path) \(words)")
      }
      throw UsageError("\(path) is not a JSON object: \(error)")
    }
    guard case .object(let object) = document.root else {
      throw UsageError("\(path) is not a JSON object, but \(document.root.typeName)")
    }
    for member in object.members {
      if member.name.equals(ModelEntry.key) {
        models = try ModelEntry.list(member.value, path: path)
        continue
      }
      guard let setting = Setting.allCases.first(where: { member.name.equals($0.key) }) else {
        throw Self.unknown(member.name, path: path)
      }
      values[setting] = try Self.text(of: member.value, setting, path: path)
    }
    warnings = document.repeatedNames.map {
      RenderWarning(.repeatedKey, "\(path) has the key `\($0)` twice; the last one counts")
    }
  }

  /// Returns a value in the spelling of its option.
  static func text(
    of value: JSONValue, _ setting: Setting, path: String
  ) throws(UsageError) -> String {
    switch value {
    case .boolean(let flag): return flag ? "true" : "false"
    case .number(let number):
      if let text = number.integer.map({ "\($0)" }) ?? number.double.map({ "\($0)" }) {
        return text
      }
    case .string(let bytes): return try text(of: bytes, setting, path)
    case .array(let items):
      guard setting.isList else {
        throw UsageError("\(path): \(setting.key) is one value, not a list")
      }
      return try items.map { (item) throws(UsageError) in
        guard case .string(let bytes) = item, !bytes.contains(UInt8(ascii: ",")) else {
          throw UsageError("\(path): \(setting.key) is a list of texts without commas")
        }
        return try text(of: bytes, setting, path)
      }.joined(separator: ",")
    case .null, .object: break
    }
    throw UsageError(
      "\(path): \(setting.key) is \(value.typeName); it must be a text, a number, true or false"
        + (setting.isList ? ", or a list of texts" : ""))
  }

  private static func text(
    of bytes: ByteString, _ setting: Setting, _ path: String
  ) throws(UsageError) -> String {
    guard let text = bytes.string(limit: valueLimit) else {
      throw UsageError(
        "\(path): \(setting.key) has \(bytes.count) bytes; at most \(valueLimit) are allowed")
    }
    return text
  }

  private static func unknown(_ key: ByteString, path: String) -> UsageError {
    unknown(key, among: Setting.allCases.map(\.key) + [ModelEntry.key], path: path)
  }

  /// The error for a key that means nothing.
  static func unknown(_ key: ByteString, among known: [String], path: String) -> UsageError {
    let guess = key.string(limit: ByteString.nameLimit)
      .flatMap { Suggestion.closest(to: $0, among: known) }
    return UsageError(
      "\(path): there is no setting `\(key)`; "
        + (guess.map { "did you mean `\($0)`?" }
          ?? "the settings are \(known.joined(separator: ", "))"))
  }
}
