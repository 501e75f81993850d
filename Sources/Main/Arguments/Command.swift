import Flux2
import Rendering
import Tensors

/// A command of the program.
package enum Command: String, Sendable, CaseIterable {
  case generate
  case edit
  case inspect
  case model
  case modelPrepare = "model prepare"
  case modelFabricate = "model fabricate"
  case bench
  case serve
  case goldenCheck = "golden check"
  case goldenRecord = "golden record"
  case keysCreate = "keys create"
  case keysList = "keys list"
  case keysRevoke = "keys revoke"
  case completion = "completions"
  case man
  case help
  case version

  /// The placeholder of the argument besides options; nil where there is none.
  var operand: String? {
    switch self {
    case .generate, .edit: "PROMPT"
    case .inspect: "FILE.png"
    case .model, .modelPrepare, .modelFabricate: "DIR"
    case .help: "COMMAND"
    case .completion: "SHELL"
    case .keysRevoke, .goldenCheck, .goldenRecord: "ID"
    case .bench, .serve, .keysCreate, .keysList, .man, .version: nil
    }
  }

  /// True if the operand may be given more than once.
  var operandIsRepeatable: Bool { self == .goldenCheck || self == .goldenRecord }

  /// True if the operand may be left out.
  var operandIsOptional: Bool {
    switch self {
    case .bench, .serve, .keysCreate, .keysList, .man, .help, .version: true
    // A model may also be given as single files.
    case .model, .modelPrepare: true
    // All are checked; and all are recorded, if that is said in so many words.
    case .goldenCheck, .goldenRecord: true
    case .generate, .edit, .inspect, .modelFabricate, .keysRevoke, .completion: false
    }
  }

  /// The options it takes, in the order help shows them.
  package var options: [Option] {
    let files: [Option] = [.transformer, .autoencoder, .textEncoder, .tokenizer]
    let shared = Option.requests.filter { $0.surfaces.contains(.generateCommand) }
    let edits = Option.requests.filter { $0.isForEditsOnly }
    let program: [Option] = [
      .from, .show, .threads, .precision, .products, .promptCache, .json, .quiet,
    ]
    let rendering: [Option] = [.output] + shared + [.model] + files + program
    let goldens: [Option] = [.goldens, .model, .loras, .threads, .precision, .products]
    return switch self {
    case .generate: rendering + [.help]
    case .edit: edits + rendering + [.help]
    case .inspect: [.json, .help]
    case .model: files + [.precision, .products, .check, .threads, .json, .help]
    case .modelPrepare: files + [.precision, .threads, .quiet, .help]
    case .modelFabricate: [.shape, .seed, .outliers, .threads, .quiet, .help]
    case .bench:
      [.shape, .model, .size, .steps, .runs, .threads, .precision, .products, .json, .quiet, .help]
    case .serve: [.config] + Setting.allCases.map(\.option) + [.printConfig, .help]
    case .goldenCheck: [.output] + goldens + [.help]
    case .goldenRecord: [.all, .output] + goldens + [.help]
    case .keysCreate: [.name, .test, .data, .store, .help]
    case .keysList: [.json, .data, .store, .help]
    case .keysRevoke: [.data, .store, .help]
    case .completion, .man, .help, .version: [.help]
    }
  }

  /// The placeholder and summary of an option, where they differ from those of other commands.
  func meaning(of option: Option) -> (placeholder: String?, summary: String)? {
    switch (self, option) {
    case (.keysList, .json), (.inspect, .json), (.model, .json), (.bench, .json):
      (nil, "print one JSON object")
    case (.bench, .shape):
      (
        nil,
        "the dimensions of a model of random weights in memory (default \(CommandDefaults.benchShape.rawValue))"
      )
    case (.bench, .model): ("DIR", "a model directory to measure with instead")
    case (.bench, .size): ("WxH", "the size of the image (default \(CommandDefaults.benchSize))")
    case (.bench, .steps): ("N", "denoising steps (default \(CommandDefaults.benchStepCount))")
    case (.modelPrepare, .precision):
      (
        CommandDefaults.preparablePrecisions.map(\.rawValue).joined(separator: "|"),
        "the precision to prepare for (default \(CommandDefaults.preparedPrecision.rawValue)); "
          + "the others need nothing prepared"
      )
    case (.generate, .promptCache), (.edit, .promptCache):
      (
        nil,
        "megabytes on disk for prompts of large models, or 0 (default \(PromptFolder.defaultMegabytes), or \(Setting.promptCache.variable))"
      )
    case (.goldenCheck, .precision), (.goldenRecord, .precision):
      (nil, "how the large products are computed (default float32, as the pixels were recorded)")
    case (.goldenCheck, .products), (.goldenRecord, .products):
      (nil, "what multiplies the large matrices (default iris, whose pixels were recorded)")
    case (.modelFabricate, .seed):
      ("N", "selects the weights (default \(ModelFabricator.defaultSeed))")
    case (.modelFabricate, .threads):
      (
        "N",
        "threads that draw the weights, \(RequestParameter.text(Device.threadCounts)) (default all cores)"
      )
    case (.goldenCheck, .output):
      ("DIR", "where images of failures go (default a new folder among temporary files)")
    case (.goldenRecord, .output):
      ("DIR", "where images of before and after go (default a new temporary folder)")
    default: nil
    }
  }

  /// The placeholder of an option's value; nil for options without one.
  func placeholder(of option: Option) -> String? {
    meaning(of: option)?.placeholder ?? option.placeholder
  }

  /// One line about an option.
  func summary(of option: Option) -> String {
    if self == .edit, let summary = option.editSummary { return summary }
    return meaning(of: option)?.summary ?? option.summary
  }

  /// The values of an option; nil for options without one.
  func value(of option: Option) -> OptionValue? { placeholder(of: option).map(OptionValue.init) }

  /// The words that may stand for the operand, where they are known.
  var operandChoices: [String] {
    switch self {
    case .completion: Shell.allCases.map(\.rawValue)
    case .help:
      Self.words + FrontDoor.commands.map(\.name)
    default: []
    }
  }

  /// One line for help texts.
  var summary: String {
    switch self {
    case .generate: "render an image from a prompt"
    case .edit: "change an image, or combine several, as a prompt says"
    case .inspect: "say what made an image, from its text chunks"
    case .model: "show a model's configuration, parameters and memory, and check its tensors"
    case .modelPrepare:
      "write a model's quantised weights into the cache, from where they are mapped"
    case .modelFabricate: "write a model of random weights, for measurements and tests"
    case .bench: "measure products, blocks, stages and renders on this machine"
    case .serve: "offer all of it over HTTP, to clients of the OpenAI image API"
    case .goldenCheck: "render the goldens and compare them with the recorded images"
    case .goldenRecord: "make new renders of goldens the recorded ones"
    case .keysCreate: "make an API key and print its token, this once"
    case .keysList: "list the API keys"
    case .keysRevoke: "refuse an API key from now on"
    case .completion: "print a script that completes commands and options in bash, zsh or fish"
    case .man: "print the manual page, for man"
    case .help: "show how a command is used"
    case .version: "print the version"
    }
  }
}

/// Commands of two words.
extension Command {
  /// First words of a command line: commands, or their first words.
  static var words: [String] {
    allCases.map { String($0.rawValue.prefix { $0 != " " }) }
      .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The first words of commands that have two; `model` is also a command by itself.
  static var groups: Set<String> {  // own text
    Set(allCases.map(\.rawValue).filter { $0.utf8.contains(UInt8(ascii: " ")) })  // own text
      .reduce(into: []) { $0.insert(String($1.prefix { $0 != " " })) }
  }
}

/// A shell that completes command lines.
enum Shell: String, CaseIterable {
  case bash
  case zsh
  case fish
}

/// The commands of `./iris`, the script at the root of the source tree.
enum FrontDoor {
  /// A command of the script.
  struct Command {
    /// Its word.
    let name: String
    /// One line for help texts.
    let summary: String
    /// The text of its help.
    let page: String
  }

  /// All of them.
  static let commands = [
    Command(
      name: "test", summary: "run the tests; only in the source tree",
      page: """
        ./iris test [options of swift test]
        run the tests; only in the source tree

        Installs what the tests need, builds, and runs every test. `./iris test --filter MainTests` runs
        some of them; IRIS_TEST_PYTHON names a Python that has the clients of Tests/SDK, and
        IRIS_TEST_CLIENTS=required makes it a failure if one is missing.
        """),
    Command(
      name: "install", summary: "install a tree for a service; only in the source tree",
      page: """
        ./iris install DIR
        install a tree for a service; only in the source tree

        Builds a program that needs neither Swift nor these sources, and puts it into DIR with its models
        and LoRAs. What was there stays beside it as DIR.old. Documentation/serving.md goes on from there.
        """),
  ]
}
