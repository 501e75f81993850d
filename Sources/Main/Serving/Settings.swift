package import Rendering
import Text

/// The values of all settings, each with where it came from, not yet understood.
package struct Settings: Sendable {
  /// A value as it was written.
  package struct Value: Sendable, Equatable {
    /// The text; empty where nothing is set.
    package let text: String
    /// Who wrote it.
    package let source: SettingSource

    package init(text: String, source: SettingSource) {
      self.text = text
      self.source = source
    }
  }

  private var values: [Setting: Value] = [:]
  /// What there is to say of the configuration file.
  package let warnings: [RenderWarning]

  /// Lays the sources over each other: options over environment over file over defaults.
  /// - Parameters:
  ///   - invocation: The command line, which may name a file.
  ///   - environment: The variables.
  ///   - defaults: What holds where nobody says anything.
  package init(
    _ invocation: Invocation, environment: [String: String], defaults: [Setting: String]
  ) throws {
    let path = invocation.value(.config) ?? environment["IRIS_CONFIG"].flatMap(Self.nonempty)
    let file = try path.map { try SettingsFile(path: $0) }
    warnings = file?.warnings ?? []
    for setting in Setting.allCases {
      let option = setting.option
      if invocation.has(option), let text = setting.flagText ?? invocation.value(option) {
        values[setting] = Value(text: text, source: .flag(option.spelling))
      } else if let text = environment[setting.variable].flatMap(Self.nonempty) {
        values[setting] = Value(text: text, source: .environment(setting.variable))
      } else if let text = file?.values[setting], let path {
        values[setting] = Value(text: text, source: .file(path))
      } else {
        values[setting] = Value(text: defaults[setting] ?? "", source: .standard)
      }
    }
  }

  /// The value of a setting.
  package subscript(_ setting: Setting) -> Value {
    values[setting] ?? Value(text: "", source: .standard)
  }

  /// One line for each setting: name, value, and where the value came from.
  package var lines: [String] {
    let rows = Setting.allCases.map { ($0.key, self[$0].text, self[$0].source) }
    let width = rows.map(\.0.count).max() ?? 0
    let valueWidth = rows.map(\.1.count).max() ?? 0
    return rows.map { name, value, source in
      Self.padded(name, width + 2) + Self.padded(value.isEmpty ? "-" : value, valueWidth + 2)
        + "\(source)"
    }
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// A variable that is set to nothing is not set.
  private static func nonempty(_ text: String) -> String? { text.isEmpty ? nil : text }
}

/// Understanding values; each error names where the value was written and what is allowed.
extension Settings {
  /// A whole number within a range.
  func integer(_ setting: Setting, in range: ClosedRange<Int>) throws(UsageError) -> Int {
    guard let number = Int(self[setting].text), range.contains(number) else {
      throw rejected(setting, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A number of seconds within a range.
  func seconds(_ setting: Setting, in range: ClosedRange<Double>) throws(UsageError) -> Double {
    guard let number = Double(self[setting].text), range.contains(number) else {
      throw rejected(
        setting, "a number of seconds from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// On or off.
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

  /// The octal digits of a file's mode, within a range.
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

  /// Items separated by commas, without the blanks around them.
  package func list(_ setting: Setting) -> [String] {
    ByteString(self[setting].text).split(on: ",").map(\.trimmed).compactMap { item in
      item.isEmpty ? nil : item.string(limit: item.count)
    }
  }

  /// Some text.
  func text(_ setting: Setting) throws(UsageError) -> String {
    guard !self[setting].text.isEmpty else { throw rejected(setting, "some text") }
    return self[setting].text
  }

  /// Some text that requests name something by.
  func name(_ setting: Setting) throws(UsageError) -> String {
    let text = try text(setting)
    guard text.utf8.count <= ByteString.nameLimit else {
      throw rejected(setting, "a name of at most \(ByteString.nameLimit) bytes")
    }
    return text
  }

  func rejected(_ setting: Setting, _ allowed: String) -> UsageError {
    let value = self[setting]
    return UsageError(
      "\(setting.key) is `\(ByteString(value.text))` (\(value.source)); it must be \(allowed)")
  }
}
