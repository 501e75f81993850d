/// The texts of `iris help`.
enum HelpText {
  /// A command with its operand and options, on one line.
  static func synopsis(of command: Command) -> String {
    let example =
      switch command.operand {
      case "PROMPT": " \"a red fox\""
      case "SHELL": " bash"
      case let operand?: " " + operand
      case nil: ""
      }
    return "iris \(command.rawValue)\(example)"
      + (command == .edit ? " --image photo.jpg" : "")
  }

  /// All commands.
  static var overview: String {
    var commands = Command.allCases.map {
      row(
        "iris \($0.rawValue)" + (placeholder(of: $0).map { " " + $0 } ?? ""), $0.summary, width: 32)
    }
    commands += FrontDoor.commands.map { row("./iris \($0.name)", $0.summary, width: 32) }
    return """
      iris renders images from prompts, and edits images as prompts say.

      \(commands.joined(separator: "\n"))

      `iris help COMMAND` shows a command's options, `iris man | man -l -` everything. Exit status: 0, 1
      if the command failed, 2 if it was not understood.
      """
  }

  /// One command and its options.
  static func page(for command: Command) -> String {
    let options = command.options.map { option in
      let placeholder = command.placeholder(of: option).map { " " + $0 } ?? ""
      let short = option.shortSpelling.map { $0 + ", " } ?? "    "
      return row(short + option.spelling + placeholder, command.summary(of: option), width: 30)
    }
    return
      ([usage(of: command), command.summary, ""] + options + notes(for: command).map { "\n" + $0 })
      .joined(separator: "\n")
  }

  /// A command with what stands for its operand.
  static func usage(of command: Command) -> String {
    let operand = placeholder(of: command).map {
      command.operandIsOptional ? " [\($0)]" : " \($0)"
    }
    return "iris \(command.rawValue)\(operand ?? "") [options]"
  }

  /// Notes beyond the options, a paragraph each.
  static func notes(for command: Command) -> [String] {
    switch command {
    case .generate, .edit:
      [
        "PROMPT may be - for standard input or @FILE for a file. A prompt that begins with @ is written "
          + "@@…, one that begins with - follows --.",
        "Options in one letter take their values apart or attached: -n 3, -n3, -ofox.png.",
      ]
    case .completion:
      [
        "bash: iris completions bash > ~/.local/share/bash-completion/completions/iris",
        "zsh: iris completions zsh > a folder of $fpath/_iris, before compinit",
        "fish: iris completions fish > ~/.config/fish/completions/iris.fish",
      ]
    case .man: ["To read it: iris man | man -l -"]
    default: []
    }
  }

  private static func placeholder(of command: Command) -> String? {
    command.operand.map { command.operandIsRepeatable ? $0 + "…" : $0 }
  }

  private static func row(_ left: String, _ right: String, width: Int) -> String {
    "  " + left + String(repeating: " ", count: max(1, width - left.count)) + right
  }
}
