/// The script for zsh's `compsys`.
enum ZshCompletion {
  static var script: String {
    """
    #compdef iris
    # Completes iris in zsh. Made by `iris completions zsh`.
    _iris() {
      local context state state_descr line
      typeset -A opt_args
      local -a commands
      if (( CURRENT == 2 )); then
        commands=(
    \(rows(Command.words.map { ($0, CompletionTable.summary(of: $0)) }))
        )
        _describe command commands
        return
      fi
      local command="$words[2]"
      case "$command" in
    \(groups)
      esac
      shift words
      (( CURRENT-- ))
      case "$command" in
    \(options)
      esac
    }
    if [[ "$funcstack[1]" == _iris ]]; then
      _iris "$@"
    else
      compdef _iris iris
    fi
    """
  }

  private static func rows(_ rows: [(String, String)]) -> String {
    rows.map { "      " + quoted($0.0 + ":" + escaped($0.1, ":")) }.joined(separator: "\n")
  }

  private static var groups: String {
    CompletionTable.groups.map { group in
      let words = group.members.map(\.word).joined(separator: "|")
      // `model` is a command by itself, too, with options and a folder in that place.
      let end = Command(rawValue: group.name) == nil ? "\n          return" : ""
      return """
            \(group.name))
              if (( CURRENT == 3 )); then
                commands=(
        \(rows(group.members.map { ($0.word, $0.command.summary) }))
                )
                _describe command commands\(end)
              elif [[ "$words[3]" == (\(words)) ]]; then
                command+=" $words[3]"
                shift words
                (( CURRENT-- ))
              fi
              ;;
        """
    }.joined(separator: "\n")
  }

  private static var options: String {
    Command.allCases.map { command in
      let rows =
        command.options.flatMap { specifications(of: $0, for: command) } + operand(of: command)
      return "    \"\(command.rawValue)\")\n      _arguments -S \\\n"
        + rows.map { "        " + quoted($0) }.joined(separator: " \\\n") + "\n      ;;"
    }.joined(separator: "\n")
  }

  private static func specifications(of option: Option, for command: Command) -> [String] {
    let summary = "[" + escaped(command.summary(of: option), "[]") + "]"
    let value = command.value(of: option).map { ":\(option.name):\(action($0))" } ?? ""
    let others =
      option.isRepeatable ? "*" : "(" + option.spellings.joined(separator: " ") + ")"
    return option.spellings.map { spelling in
      let isLong = spelling.utf8.starts(with: "--".utf8)
      return others + spelling + (value.isEmpty ? "" : isLong ? "=" : "+") + summary + value
    }
  }

  private static func action(_ value: OptionValue) -> String {
    switch value {
    case .file: "_files"
    case .folder: "_files -/"
    case .choice(let words): "(\(words.joined(separator: " ")))"
    case .other: " "
    }
  }

  private static func operand(of command: Command) -> [String] {
    guard let operand = command.operand else { return [] }
    let choices = command.operandChoices
    let action =
      choices.isEmpty
      ? CompletionTable.operand(of: command).map(action) ?? " "
      : "(\(choices.joined(separator: " ")))"
    return ["*:\(escaped(operand, ":")):\(action)"]
  }

  private static func escaped(_ text: String, _ special: String) -> String {
    String(
      decoding: text.utf8.flatMap { special.utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] },
      as: UTF8.self)
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: "'\\''") + "'"
  }
}
