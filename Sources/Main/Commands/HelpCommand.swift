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
      let pages = Command.allCases.filter { $0.rawValue.hasPrefix(word + " ") }
      text = pages.map { HelpText.page(for: $0) }.joined(separator: "\n\n")
      return
    }
    guard let command = Command(rawValue: word) else {
      let known = Command.allCases.map(\.rawValue).joined(separator: ", ")
      throw UsageError("there is no command `\(word)`; the commands are \(known)")
    }
    text = HelpText.page(for: command)
  }

  func run() throws { try Console.print(text) }
}
