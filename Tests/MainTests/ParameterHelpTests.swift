import Rendering
import Testing

/// Help and completions, held against the table of parameters.
@Suite struct ParameterHelpTests {
  static let options = RequestParameter.all.filter { $0.option != nil }

  /// Returns the output of a command.
  private func output(_ arguments: String...) throws -> String {
    let program = try IrisProgram()
    return try program.run(arguments).output
  }

  /// The line of an option in a command's help.
  private func line(of name: String, in help: String) -> Substring? {
    help.split(separator: "\n").first { $0.contains(" --\(name) ") }
  }

  @Test(arguments: options)
  func `an option of the table has its line where it can be given`(
    parameter: RequestParameter
  ) throws {
    let option = try #require(parameter.option)
    for (command, surface) in [
      ("generate", RequestParameter.Surfaces.generateCommand), ("edit", .editCommand),
    ] {
      let line = line(of: option.name, in: try output("help", command))
      guard parameter.surfaces.contains(surface) else {
        #expect(line == nil, "\(command)")
        continue
      }
      let found = try #require(line, "\(command) --\(option.name)")
      #expect(found.contains("--\(option.name) \(option.placeholder) "))
      for phrase in phrases(of: parameter) {
        #expect(found.contains(phrase), "\(command) --\(option.name): \(phrase)")
      }
    }
  }

  @Test func `every parameter of a command is the prompt or an option`() {
    for parameter in RequestParameter.all where !parameter.surfaces.isDisjoint(with: .commands) {
      #expect((parameter == .prompt) == (parameter.option == nil), "\(parameter.name)")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions and the manual page have every option of the table`(shell: String) throws {
    let script = try output("completions", shell)
    let page = try output("man")
    for option in Self.options.compactMap(\.option) {
      let spelling = shell == "fish" ? " -l \(option.name)" : "--\(option.name)"
      #expect(script.contains(spelling), "\(option.name)")
      let name = option.name.replacing("-", with: "\\-")
      #expect(page.contains("\\fB\\-\\-\(name)\\fR"), "\(option.name)")
    }
  }

  private func phrases(of parameter: RequestParameter) -> [String] {
    let limits = RenderLimits.commandLine
    switch parameter.kind {
    case .size: return ["\(limits.side.lowerBound) to \(limits.side.upperBound)", "default"]
    case .seed(let seeds):
      return ["\(seeds.lowerBound) to \(seeds.upperBound)", "or \(RequestParameter.randomSeed)"]
    case .integer(let range):
      return ["\(range.lowerBound) to \(range.upperBound)"] + defaults(of: parameter)
    case .number(let range):
      return [Self.text(range.lowerBound) + " to " + Self.text(range.upperBound)]
        + defaults(of: parameter)
    case .imageCount:
      return ["\(limits.imageCounts.lowerBound) to \(limits.imageCounts.upperBound)", "default 1"]
    case .images(let counts): return ["up to \(counts.upperBound) times"]
    case .lora:
      let strengths = limits.loraStrengths
      return [
        "default \(LoRARegistry.none)", "up to \(RequestParameter.loraLimit) times",
        Self.text(strengths.lowerBound) + " to " + Self.text(strengths.upperBound),
      ]
    case .loraStrength: return ["0 to 1.5"] + defaults(of: parameter)
    case .choice(let words): return [words.joined(separator: "|"), "default \(words[0])"]
    case .mask: return ["transparent", "white"]
    case .text: return ["default nothing"]
    case .boolean, .model, .responseFormat, .image, .loras, .outputFormat, .anything:
      return ["no such option"]
    }
  }

  private func defaults(of parameter: RequestParameter) -> [String] {
    if parameter == .loraStrength { return ["\(RequestParameter.defaultLoRAStrength)"] }
    let values = [RenderDefaults.distilled, .base].map { parameter.defaultValue(of: $0) }
    return Set(values.map { Self.text($0) }).map { "\($0)" }
  }

  private static func text(_ value: RequestParameter.Default?) -> String {
    switch value {
    case .integer(let integer): "\(integer)"
    case .number(let number): text(number)
    case .text(let text): text
    case .boolean(let boolean): "\(boolean)"
    case nil: "no such default"
    }
  }

  private static func text(_ number: Double) -> String {
    number == number.rounded() ? "\(Int(number))" : "\(number)"
  }
}
