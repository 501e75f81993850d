/// What `iris help` shows.
enum HelpText {
  /// A command with its operand and options, on one line.
  static func synopsis(of command: Command) -> String {
    let operand = command.operand.map { " " + ($0 == "PROMPT" ? "\"a red fox\"" : $0) } ?? ""
    return "iris \(command.rawValue)\(operand)"
      + (command == .edit ? " --image photo.jpg" : "")
  }

  /// All commands.
  static var overview: String {
    let commands = Command.allCases.map {
      row(
        "iris \($0.rawValue)" + (placeholder(of: $0).map { " " + $0 } ?? ""), $0.summary, width: 24)
    }
    return """
      iris renders pictures from prompts, and edits pictures as prompts say.

      \(commands.joined(separator: "\n"))

      `iris help COMMAND` shows a command's options. Exit status: 0, 1 if the command failed, 2 if it
      was not understood.
      """
  }

  /// One command and its options.
  static func page(for command: Command) -> String {
    let options = command.options.map { option in
      let own = command.meaning(of: option)
      let placeholder = (own?.placeholder ?? option.placeholder).map { " " + $0 }
      return row(
        option.spelling + (placeholder ?? ""), own?.summary ?? option.summary, width: 26)
    }
    let operand = placeholder(of: command).map {
      command.operandIsOptional ? " [\($0)]" : " \($0)"
    }
    return """
      iris \(command.rawValue)\(operand ?? "") [options]
      \(command.summary)

      \(options.joined(separator: "\n"))
      """
  }

  private static func placeholder(of command: Command) -> String? {
    command.operand.map { command.operandIsRepeatable ? $0 + "…" : $0 }
  }

  private static func row(_ left: String, _ right: String, width: Int) -> String {
    "  " + left + String(repeating: " ", count: max(1, width - left.count)) + right
  }
}
