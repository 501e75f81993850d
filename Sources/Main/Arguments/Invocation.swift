import Text

/// A command line taken apart: the command, its operand and its options, not yet understood as values.
package struct Invocation: Sendable {
  /// What to do.
  package let command: Command
  /// The arguments besides options: at most one for most commands.
  package private(set) var operands: [String] = []
  private var values: [Option: [String]] = [:]

  /// Takes arguments apart, without the program's name.
  package init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    let first = rest.popFirst()
    command = try Self.command(first, &rest)
    while let argument = rest.popFirst() {
      if argument == "--" {
        for argument in rest { try take(operand: argument) }
        break
      }
      if argument == "-h" {
        values[.help] = [""]
      } else if argument.hasPrefix("-"), argument != "-" {
        try take(option: argument, from: &rest)
      } else {
        try take(operand: argument)
      }
    }
    if has(.help) { return }
    guard operand != nil || command.operandIsOptional else {
      throw UsageError(
        "`iris \(command.rawValue)` needs \(command.operand.map { ($0 == "ID" ? "an " : "a ") + $0 } ?? "a value"), "
          + "as in: \(HelpText.synopsis(of: command))")
    }
  }

  /// The argument besides options, where there is at most one.
  package var operand: String? { operands.first }

  /// Whether an option was given.
  package func has(_ option: Option) -> Bool { values[option] != nil }

  /// The value of an option that is given at most once.
  package func value(_ option: Option) -> String? { values[option]?.last }

  /// Every value of an option, in order.
  package func values(_ option: Option) -> [String] { values[option] ?? [] }

  private static func command(
    _ word: String?, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> Command {
    switch word {
    case nil: throw UsageError("no command given; the commands are \(commandList)")
    case "--help", "-h": return .help
    case "--version": return .version
    case let word?:
      if let command = Command(rawValue: word) { return command }
      if Command.groups.contains(word) { return try member(of: word, &rest) }
      let guess = Suggestion.closest(to: word, among: Command.words)
      throw UsageError(
        "there is no command `\(ByteString(word))`; "
          + (guess.map { "did you mean `\($0)`?" } ?? "the commands are \(commandList)"))
    }
  }

  /// A command of two words.
  private static func member(
    of group: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> Command {
    if let word = rest.first, let command = Command(rawValue: group + " " + word) {
      rest.removeFirst()
      return command
    }
    if let word = rest.first, ["--help", "-h"].contains(word) {
      rest = [group]
      return .help
    }
    let known = Command.allCases.map(\.rawValue).filter { $0.hasPrefix(group + " ") }
    throw UsageError("`iris \(group)` is one of: iris \(known.joined(separator: ", iris "))")
  }

  private static var commandList: String {
    Command.allCases.map(\.rawValue).joined(separator: ", ")
  }

  private mutating func take(operand: String) throws(UsageError) {
    guard let placeholder = command.operand else {
      throw UsageError(
        "`iris \(command.rawValue)` takes no argument, and got `\(ByteString(operand))`")
    }
    // `iris help golden check` names a command of two words.
    if command == .help, let first = self.operand, operands.count == 1,
      Command.groups.contains(first)
    {
      operands = [first + " " + operand]
      return
    }
    guard operands.isEmpty || command.operandIsRepeatable else {
      throw UsageError(
        "`\(ByteString(operand))` is one argument too many: `iris \(command.rawValue)` takes one \(placeholder)"
          + (placeholder == "PROMPT" ? "; put quotes around it" : ""))
    }
    operands.append(operand)
  }

  private mutating func take(
    option argument: String, from rest: inout ArraySlice<String>
  ) throws(UsageError) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let spelling = String(parts[0])
    guard let option = command.options.first(where: { $0.spelling == spelling }) else {
      throw unknown(spelling)
    }
    guard option.isRepeatable || !has(option) else {
      throw UsageError("\(spelling) is given twice; it is allowed once")
    }
    guard let placeholder = option.placeholder else {
      guard parts.count == 1 else { throw UsageError("\(spelling) takes no value") }
      values[option] = [""]
      return
    }
    if parts.count == 2 {
      values[option, default: []].append(String(parts[1]))
    } else if let value = rest.first, !value.hasPrefix("--") {
      rest.removeFirst()
      values[option, default: []].append(value)
    } else {
      throw UsageError("\(spelling) needs a value: \(spelling) \(placeholder)")
    }
  }

  private func unknown(_ spelling: String) -> UsageError {
    let known = command.options.map(\.spelling)
    if let other = Option.allCases.first(where: { $0.spelling == spelling }) {
      return UsageError("`iris \(command.rawValue)` has no option \(other.spelling)")
    }
    let guess = Suggestion.closest(to: spelling, among: known)
    return UsageError(
      "there is no option `\(ByteString(spelling))`; "
        + (guess.map { "did you mean \($0)?" }
          ?? "`iris \(command.rawValue)` takes \(known.joined(separator: ", "))"))
  }
}
