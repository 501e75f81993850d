/// `iris help [COMMAND]`, and `--help` anywhere.
struct HelpCommand {
  private let text: String

  init(_ invocation: Invocation) throws(UsageError) {
    guard invocation.command == .help else {
      text = HelpText.page(for: invocation.command)
      return
    }
    guard let word = invocation.operand else {
      text = HelpText.overview
      return
    }
    if Command.groups.contains(word) {
      let pages = Command.allCases.filter {
        $0.rawValue == word || $0.rawValue.utf8.starts(with: (word + " ").utf8)
      }
      text = pages.map { HelpText.page(for: $0) }.joined(separator: "\n\n")
      return
    }
    if let command = FrontDoor.commands.first(where: { $0.name == word }) {
      text = command.page
      return
    }
    guard let command = Command(rawValue: word) else { throw CommandWords.unknown(word) }
    text = HelpText.page(for: command)
  }

  func run() throws { try Console.print(text) }
}
