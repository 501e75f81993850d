/// The parts of commands that the scripts of all shells share.
enum CompletionTable {
  /// Commands of two words.
  static var groups: [(name: String, members: [(word: String, command: Command)])] {
    Command.words.filter { Command.groups.contains($0) }.map { group in
      let members = Command.allCases.filter { $0.rawValue.utf8.starts(with: (group + " ").utf8) }
      return (
        group,
        members.map {
          (String(decoding: $0.rawValue.utf8.dropFirst(group.utf8.count + 1), as: UTF8.self), $0)
        }
      )
    }
  }

  /// One line about a first word.
  static func summary(of word: String) -> String {
    if let command = Command(rawValue: word) { return command.summary }
    let group = groups.first { $0.name == word }
    return "one of " + (group?.members.map(\.word).joined(separator: ", ") ?? "")
  }

  /// Files or folders that a command takes as its operand.
  static func operand(of command: Command) -> OptionValue? {
    switch command {
    case .inspect, .storeBackup: .file
    case .model, .modelPrepare, .modelFabricate: .folder
    default: nil
    }
  }
}
