import Text

/// Finds the command that the first words of a command line name.
enum CommandWords {
  /// Names of the commands in other programs.
  private static let foreign: [(names: [String], command: Command)] = [
    (["gen", "txt2img", "t2i", "render", "draw", "create", "image", "imagine"], .generate),
    (["img2img", "i2i", "inpaint", "change"], .edit),
    (["server", "start", "run", "daemon", "listen"], .serve),
    (["info", "metadata", "exif", "identify"], .inspect),
    (["lora", "styles", "adapters"], .loras),
    (["models", "check"], .model),
    (["complete", "autocomplete"], .completion),
    (["manual"], .man),
    (["about"], .version),
  ]

  /// Takes the words of the command off the arguments.
  static func command(_ rest: inout ArraySlice<String>) throws(UsageError) -> Command {
    guard let word = rest.popFirst() else {
      throw UsageError("no command given; the commands are \(list)")
    }
    switch word {
    case "--help", "-h": return .help
    case "--version", "-V": return .version
    default: break
    }
    if let second = rest.first, let command = Command(rawValue: word + " " + second) {
      rest.removeFirst()
      return command
    }
    if let command = Command(rawValue: word) { return command }
    if Command.groups.contains(word) { return try member(of: word, &rest) }
    throw unknown(word)
  }

  /// The error for a command that there is none of.
  static func unknown(_ word: String) -> UsageError {
    if FrontDoor.commands.contains(where: { $0.name == word }) {
      return UsageError(
        "`\(word)` is a command of the script `iris` in the source tree; see `iris help \(word)`")
    }
    let known = Command.allCases.map(\.rawValue) + Command.groups
    let guess =
      foreign.first { $0.names.contains(word) }?.command.rawValue
      ?? Suggestion.closest(to: word, among: known)
    return UsageError(
      "there is no command `\(ByteString(word))`; "
        + (guess.map { "did you mean `\($0)`?" } ?? "the commands are \(list)"))
  }

  /// The help of a group of commands, or the error for a second word that is none of theirs.
  private static func member(
    of group: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> Command {
    if let word = rest.first, ["--help", "-h"].contains(word) {
      rest = [group]
      return .help
    }
    let members = Command.allCases.map(\.rawValue).filter {
      $0.utf8.starts(with: (group + " ").utf8)
    }
    let all = "`iris \(group)` is one of: iris \(members.joined(separator: ", iris "))"
    guard let word = rest.first, word.utf8.first != UInt8(ascii: "-") else {
      throw UsageError(all)
    }
    let guess = Suggestion.closest(to: group + " " + word, among: members)
    throw UsageError(
      "there is no command `\(group) \(ByteString(word))`; "
        + (guess.map { "did you mean `\($0)`?" } ?? all))
  }

  private static var list: String { Command.allCases.map(\.rawValue).joined(separator: ", ") }
}
