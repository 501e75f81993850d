/// Where the value of a setting came from; the greater wins.
package enum SettingSource: Sendable, Equatable {
  /// Nobody set it.
  case standard
  /// A configuration file.
  case file(String)
  /// A variable of the environment.
  case environment(String)
  /// An option of the command line.
  case flag(String)

  /// The order in which sources win.
  var rank: Int {
    switch self {
    case .standard: 0
    case .file: 1
    case .environment: 2
    case .flag: 3
    }
  }
}

extension SettingSource: CustomStringConvertible {
  package var description: String {
    switch self {
    case .standard: "default"
    case .file(let path): "file \(path)"
    case .environment(let variable): "environment \(variable)"
    case .flag(let spelling): "flag \(spelling)"
    }
  }
}
