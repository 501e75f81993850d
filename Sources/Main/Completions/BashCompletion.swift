/// The script for bash, which needs nothing but bash itself.
enum BashCompletion {
  static var script: String {
    """
    # Completes iris in bash. Made by `iris completions bash`.
    _iris_files() {
      local IFS=$'\\n'
      compopt -o filenames 2>/dev/null
      COMPREPLY+=($(compgen "$1" -- "$2"))
    }
    _iris() {
      local word="${COMP_WORDS[COMP_CWORD]}" previous="" command="" i
      ((COMP_CWORD > 0)) && previous="${COMP_WORDS[COMP_CWORD - 1]}"
      COMPREPLY=()
      if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W "\(firstWords)" -- "$word"))
        return
      fi
      command="${COMP_WORDS[1]}"
      case "$command" in
    \(groups)
      esac
      case "$command:$previous" in
    \(values)
      esac
      case "$command" in
    \(options)
      esac
    }
    complete -F _iris iris ./iris
    """
  }

  private static var firstWords: String {
    (Command.words + ["--help", "--version"]).joined(separator: " ")
  }

  /// The second word of commands that have two.
  private static var groups: String {
    CompletionTable.groups.map { group in
      let words = group.members.map(\.word)
      // `model` is a command by itself, too, with options and a folder in that place.
      let end = Command(rawValue: group.name) == nil ? "\n          return" : ""
      return """
            \(group.name))
              if ((COMP_CWORD == 2)); then
                COMPREPLY=($(compgen -W "\(words.joined(separator: " "))" -- "$word"))\(end)
              elif [[ " \(words.joined(separator: " ")) " == *" ${COMP_WORDS[2]} "* ]]; then
                command+=" ${COMP_WORDS[2]}"
              fi
              ;;
        """
    }.joined(separator: "\n")
  }

  /// The cases of options with a value.
  private static var values: String {
    Command.allCases.flatMap { command in
      command.options.compactMap { option in
        command.value(of: option).map { value in
          let patterns = option.spellings.map { "\"\(command.rawValue):\($0)\"" }
          return "    \(patterns.joined(separator: " | "))) \(reply(value)); return ;;"
        }
      }
    }.joined(separator: "\n")
  }

  private static func reply(_ value: OptionValue) -> String {
    switch value {
    case .file: "_iris_files -f \"$word\""
    case .folder: "_iris_files -d \"$word\""
    case .choice(let words):
      "COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$word\"))"
    case .other: "true"
    }
  }

  /// Options and operands.
  private static var options: String {
    Command.allCases.map { command in
      let words = command.options.flatMap(\.spellings) + command.operandChoices
      let operand =
        CompletionTable.operand(of: command).map { "\n      [[ \"$word\" == -* ]] || \(reply($0))" }
        ?? ""
      return """
            "\(command.rawValue)")
              COMPREPLY+=($(compgen -W "\(words.joined(separator: " "))" -- "$word"))\(operand)
              ;;
        """
    }.joined(separator: "\n")
  }
}
