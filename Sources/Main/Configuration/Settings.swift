import Accounts
package import Rendering
import Text

/// The values of all settings as text, each with its source.
package struct Settings: Sendable {
  /// The text of a setting and its source.
  package struct Value: Sendable, Equatable {
    /// The text; empty if nothing is set.
    package let text: String
    /// The source of the text.
    package let source: SettingSource

    package init(text: String, source: SettingSource) {
      self.text = text
      self.source = source
    }
  }

  private var values: [Setting: Value] = [:]
  /// The models that the configuration file lists.
  package let models: [ModelEntry]
  /// Warnings about the configuration file.
  package let warnings: [RenderWarning]

  /// Merges the sources: options over environment over file over defaults.
  /// - Parameters:
  ///   - invocation: The command line, which may name a configuration file.
  ///   - environment: The environment variables.
  ///   - defaults: The default values.
  package init(
    _ invocation: Invocation, environment: [String: String], defaults: [Setting: String]
  ) throws {
    let path = invocation.value(.config) ?? environment["IRIS_CONFIG"].flatMap(Self.nonempty)
    let file = try path.map { try SettingsFile(path: $0) }
    warnings = file?.warnings ?? []
    models = file?.models ?? []
    for setting in Setting.allCases {
      let option = setting.option
      if invocation.has(option), let text = setting.flagText ?? invocation.value(option) {
        values[setting] = Value(text: text, source: .flag(option.spelling))
      } else if let text = environment[setting.variable].flatMap(Self.nonempty) {
        values[setting] = Value(text: text, source: .environment(setting.variable))
      } else if let text = file?.values[setting], let path {
        values[setting] = Value(text: text, source: .file(path))
      } else {
        values[setting] = Value(text: defaults[setting] ?? "", source: .default)
      }
    }
  }

  /// The settings of one of the models: those of the service, and over them its own.
  func of(_ model: ModelEntry) -> Settings {
    var settings = self
    for setting in ModelEntry.replaced {
      settings.values[setting] = Value(text: "", source: .default)
    }
    for (setting, text) in model.values {
      settings.values[setting] = Value(text: text, source: .file(model.place))
    }
    return settings
  }

  /// The value of a setting.
  package subscript(_ setting: Setting) -> Value {
    values[setting] ?? Value(text: "", source: .default)
  }

  /// One line for each setting: name, value and source.
  package var lines: [String] {
    let rows = Setting.allCases.map { ($0.key, shownText(of: $0), self[$0].source) }
    let width = rows.map(\.0.count).max() ?? 0
    let valueWidth = rows.map(\.1.count).max() ?? 0
    return rows.map { name, value, source in
      Self.padded(name, width + 2) + Self.padded(value.isEmpty ? "-" : value, valueWidth + 2)
        + "\(source)"
    } + models.flatMap(\.lines)
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// Treats an empty variable as absent.
  private static func nonempty(_ text: String) -> String? { text.isEmpty ? nil : text }
}

/// Parsing; each error names the value's source and what is allowed.
extension Settings {
  /// A whole number within the setting's range.
  func integer(_ setting: Setting) throws(UsageError) -> Int {
    let range = Self.range(of: setting)
    guard let number = Int(self[setting].text), range.contains(number) else {
      throw rejected(setting, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// An amount of memory within the setting's range, in bytes.
  func bytes(_ setting: Setting) throws(UsageError) -> Int { try integer(setting) << 20 }

  /// A number of seconds within the setting's range.
  func seconds(_ setting: Setting) throws(UsageError) -> Double {
    let whole = Self.range(of: setting)
    let range = Double(whole.lowerBound)...Double(whole.upperBound)
    guard let number = Double(self[setting].text), range.contains(number) else {
      throw rejected(
        setting, "a number of seconds from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func range(of setting: Setting) -> ClosedRange<Int> {
    guard let range = setting.range else { preconditionFailure("\(setting.key) has no range") }
    return range
  }

  /// A range of numbers, as in `0:1.5`.
  func range(
    _ setting: Setting, within bounds: ClosedRange<Double>
  ) throws(UsageError) -> ClosedRange<Double> {
    guard let (head, tail) = ByteString(self[setting].text).split(atFirst: ":"),
      let low = Double("\(head)"), let high = Double("\(tail)"), low <= high,
      bounds.contains(low), bounds.contains(high)
    else {
      throw rejected(
        setting, "MIN:MAX, two numbers from \(RequestParameter.text(bounds)), as in 0:1.5")
    }
    return low...high
  }

  /// A boolean.
  func flag(_ setting: Setting) throws(UsageError) -> Bool {
    switch self[setting].text {
    case "true", "1": true
    case "false", "0": false
    default: throw rejected(setting, "true or false")
    }
  }

  /// One of several words.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ setting: Setting, of type: Choice.Type
  ) throws(UsageError) -> Choice {
    guard let choice = Choice(rawValue: self[setting].text) else {
      throw rejected(setting, type.allCases.map(\.rawValue).joined(separator: " or "))
    }
    return choice
  }

  /// An octal file mode within a range.
  func mode(_ setting: Setting, in range: ClosedRange<UInt32>) throws(UsageError) -> UInt32 {
    let text = self[setting].text
    guard text.utf8.allSatisfy({ (0x30...0x37).contains($0) }), let mode = UInt32(text, radix: 8),
      range.contains(mode)
    else {
      let ends = [range.lowerBound, range.upperBound].map { "0" + String($0, radix: 8) }
      throw rejected(setting, "an octal mode from \(ends[0]) to \(ends[1])")
    }
    return mode
  }

  /// Items separated by commas, white space around them removed.
  package func list(_ setting: Setting) -> [String] {
    ByteString(self[setting].text).split(on: ",").map(\.trimmed).compactMap { item in
      item.isEmpty ? nil : item.string(limit: item.count)
    }
  }

  /// The database of the store; nil for SQLite in the data directory.
  ///
  /// Its error does not show the URL, which may have a password.
  func store() throws(UsageError) -> PostgreSQLAddress? {
    let value = self[.store]
    guard !value.text.isEmpty else { return nil }
    do {
      return try PostgreSQLAddress(value.text)
    } catch {
      throw UsageError("\(Setting.store.key) (\(value.source)): \(error.message)")
    }
  }

  /// The text of a setting without what is secret in it.
  private func shownText(of setting: Setting) -> String {
    let text = self[setting].text
    guard setting == .store, !text.isEmpty else { return text }
    return (try? PostgreSQLAddress(text).description) ?? "(cannot be read)"
  }

  /// A text that is not empty.
  func text(_ setting: Setting) throws(UsageError) -> String {
    guard !self[setting].text.isEmpty else { throw rejected(setting, "some text") }
    return self[setting].text
  }

  /// A name that requests refer to.
  func name(_ setting: Setting) throws(UsageError) -> String {
    let text = try text(setting)
    guard text.utf8.count <= ByteString.nameLimit else {
      throw rejected(setting, "a name of at most \(ByteString.nameLimit) bytes")
    }
    return text
  }

  /// The error for a value that is not allowed.
  func rejected(_ setting: Setting, _ allowed: String) -> UsageError {
    let value = self[setting]
    return UsageError(
      "\(setting.key) is `\(ByteString(value.text))` (\(value.source)); it must be \(allowed)")
  }
}

/// The source of a setting's value.
package enum SettingSource: Sendable, Equatable {
  /// The built-in default.
  case `default`
  /// A configuration file.
  case file(String)
  /// An environment variable.
  case environment(String)
  /// A command line option.
  case flag(String)

  /// The precedence: the source with the greatest number wins.
  var precedence: Int {
    switch self {
    case .default: 0
    case .file: 1
    case .environment: 2
    case .flag: 3
    }
  }
}

extension SettingSource: CustomStringConvertible {
  package var description: String {
    switch self {
    case .default: "default"
    case .file(let path): "file \(path)"
    case .environment(let variable): "environment \(variable)"
    case .flag(let spelling): "flag \(spelling)"
    }
  }
}
