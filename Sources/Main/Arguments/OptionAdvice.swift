import Text

/// What to say of an option that a command has not got.
enum OptionAdvice {
  /// The error for an option.
  /// - Parameters:
  ///   - name: The option as it was written, with its hyphens, without a value.
  ///   - command: The command that has no such option.
  static func unknown(
    _ name: [UInt8], in command: Command
  ) -> UsageError {
    let spelling = String(decoding: name.prefix(80), as: UTF8.self)
    let bare = String(decoding: name.drop { $0 == UInt8(ascii: "-") }, as: UTF8.self)
    if let hint = hint(bare, in: command) {
      return UsageError("there is no option `\(ByteString(spelling))`; \(hint)")
    }
    if Option.allCases.contains(where: { $0.spelling == spelling }) {
      return UsageError(
        "`iris \(command.rawValue)` has no option \(spelling)" + elsewhere(spelling))
    }
    let known = command.options.map(\.spelling)
    let guess = nearest(to: spelling, bare: bare, among: known)
    if let hint = misspelt(bare, guess: guess, in: command) {
      return UsageError("there is no option `\(ByteString(spelling))`; \(hint)")
    }
    var message =
      "there is no option `\(ByteString(spelling))`; "
      + (guess.map { "did you mean \($0)?" }
        ?? "`iris \(command.rawValue)` takes \(known.joined(separator: ", "))")
    if command.operand == "PROMPT", guess == nil {
      message += "; a prompt that begins with - follows --"
    }
    return UsageError(message)
  }

  private static func hint(
    _ bare: String, in command: Command
  ) -> String? {
    // An option of that name that another command has is no foreign one, unless it is a letter.
    guard bare.utf8.count == 1 || !Option.allCases.contains(where: { $0.rawValue == bare }) else {
      return ["image", "strength"].contains(bare) && command == .generate
        ? "`iris generate` has no option --\(bare): images are given to `iris edit`" : nil
    }
    return ForeignOption.hint(for: bare, in: command)
  }

  /// What is said of another program's option that is nearer than any of ours.
  private static func misspelt(
    _ bare: String, guess: String?, in command: Command
  ) -> String? {
    let own = guess.flatMap { Suggestion.nearest(to: "--" + bare, among: [$0]) }
    guard let foreign = Suggestion.nearest(to: bare, among: ForeignOption.longNames),
      own.map({ foreign.distance < $0.distance }) ?? (guess == nil)
    else { return nil }
    return hint(foreign.candidate, in: command)
  }

  /// The commands that have the option.
  private static func elsewhere(_ spelling: String) -> String {
    let commands = Command.allCases.filter { command in
      command.options.contains { $0.spelling == spelling }
    }
    return "; it belongs to " + commands.map { "`iris \($0.rawValue)`" }.joined(separator: ", ")
  }

  /// The one option that begins so, or the one that is spelt nearly so.
  private static func nearest(to spelling: String, bare: String, among known: [String]) -> String? {
    let longer = known.filter { $0.utf8.starts(with: ("--" + bare).utf8) }
    if bare.utf8.count > 1, longer.count == 1 { return longer[0] }
    return Suggestion.closest(to: spelling, among: known)
      ?? (bare.utf8.count > 1 ? Suggestion.closest(to: "--" + bare, among: known) : nil)
  }
}
