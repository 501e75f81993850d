/// The script for fish.
enum FishCompletion {
  static var script: String {
    let lines =
      [
        "# Completes iris in fish. Made by `iris completions fish`.",
        "complete -c iris -f",
      ] + words + Command.allCases.flatMap { options(of: $0) }
    return lines.joined(separator: "\n")
  }

  /// Commands.
  private static var words: [String] {
    let first = Command.words.map {
      "complete -c iris -n __fish_use_subcommand -a \($0) -d \(quoted(CompletionTable.summary(of: $0)))"
    }
    let second = CompletionTable.groups.flatMap { group in
      let all = group.members.map(\.word).joined(separator: " ")
      return group.members.map {
        "complete -c iris -n \(quoted("\(seen(group.name)); and not \(seen(all))")) -a \($0.word) "
          + "-d \(quoted($0.command.summary))"
      }
    }
    return first + second
  }

  private static func options(of command: Command) -> [String] {
    let words = command.rawValue.utf8.split(separator: UInt8(ascii: " ")).map {
      String(Substring($0))
    }
    let longer = CompletionTable.groups.first { $0.name == command.rawValue }
    let others = longer.map { "; and not " + seen($0.members.map(\.word).joined(separator: " ")) }
    let condition = quoted(words.map(seen).joined(separator: "; and ") + (others ?? ""))
    var lines = command.options.map { option in
      "complete -c iris -n \(condition)" + spellings(option)
        + value(command.value(of: option)) + " -d \(quoted(command.summary(of: option)))"
    }
    if !command.operandChoices.isEmpty {
      lines.append(
        "complete -c iris -n \(condition) -a \(quoted(command.operandChoices.joined(separator: " ")))"
      )
    }
    switch CompletionTable.operand(of: command) {
    case .file: lines.append("complete -c iris -n \(condition) -F")
    case .folder:
      lines.append("complete -c iris -n \(condition) -a '(__fish_complete_directories)'")
    default: break
    }
    return lines
  }

  private static func spellings(_ option: Option) -> String {
    (option.letter.map { " -s " + String(UnicodeScalar($0)) } ?? "") + " -l \(option.name)"
  }

  private static func value(_ value: OptionValue?) -> String {
    switch value {
    case nil: ""
    case .file: " -r -F"
    case .folder: " -x -a '(__fish_complete_directories)'"
    case .choice(let words): " -x -a \(quoted(words.joined(separator: " ")))"
    case .other: " -x"
    }
  }

  private static func seen(_ words: String) -> String { "__fish_seen_subcommand_from " + words }

  private static func quoted(_ text: String) -> String {
    "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
  }
}
