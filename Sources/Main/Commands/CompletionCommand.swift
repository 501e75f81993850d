import Text

/// `iris completions SHELL`: a script for the shell, made from the tables of commands and options.
struct CompletionCommand {
  private let shell: Shell

  init(_ invocation: Invocation) throws(UsageError) {
    let word = invocation.operand ?? ""
    guard let shell = Shell(rawValue: word) else {
      throw UsageError(
        "there are no completions for `\(ByteString(word))`; there are some for "
          + Shell.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self.shell = shell
  }

  func run() throws {
    let script =
      switch shell {
      case .bash: BashCompletion.script
      case .zsh: ZshCompletion.script
      case .fish: FishCompletion.script
      }
    try Console.print(script)
  }
}
