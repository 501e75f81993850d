import Rendering

/// A command of the program.
package enum Command: String, Sendable, CaseIterable {
  case generate
  case edit
  case inspect
  case loras
  case model
  case modelPrepare = "model prepare"
  case modelFabricate = "model fabricate"
  case bench
  case serve
  case goldenCheck = "golden check"
  case goldenRecord = "golden record"
  case accountsCreate = "accounts create"
  case accountsList = "accounts list"
  case accountsShow = "accounts show"
  case accountsCredit = "accounts credit"
  case accountsSuspend = "accounts suspend"
  case accountsResume = "accounts resume"
  case keysCreate = "keys create"
  case keysList = "keys list"
  case keysShow = "keys show"
  case keysUpdate = "keys update"
  case keysRotate = "keys rotate"
  case keysRevoke = "keys revoke"
  case usage
  case ledger
  case storeBackup = "store backup"
  case storeCheck = "store check"
  case storeMigrate = "store migrate"
  case completion = "completions"
  case man
  case help
  case version

  /// The placeholders of the arguments besides options; nil where there are none.
  var operand: String? {
    switch self {
    case .generate, .edit: "PROMPT"
    case .inspect: "FILE"
    case .model, .modelPrepare, .modelFabricate: "DIR"
    case .help: "COMMAND"
    case .completion: "SHELL"
    case .keysShow, .keysUpdate, .keysRotate, .keysRevoke, .goldenCheck, .goldenRecord: "ID"
    case .accountsShow, .accountsSuspend, .accountsResume: "ID"
    case .accountsCredit: "ID AMOUNT"
    case .storeBackup: "FILE"
    case .loras, .bench, .serve, .keysCreate, .keysList, .accountsCreate, .accountsList, .usage,
      .ledger,
      .storeCheck, .storeMigrate, .man, .version:
      nil
    }
  }

  /// The number of arguments besides options, where they are not left out.
  var operandCount: Int { self == .accountsCredit ? 2 : 1 }

  /// True if the operand may be given more than once.
  var operandIsRepeatable: Bool { self == .goldenCheck || self == .goldenRecord }

  /// True if the operand may be left out.
  var operandIsOptional: Bool {
    switch self {
    case .help: true
    // A model may also be given as single files.
    case .model, .modelPrepare: true
    // All are checked; and all are recorded, if that is said in so many words.
    case .goldenCheck, .goldenRecord: true
    default: operand == nil
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
    case .loras: [.loras, .model] + files + [.json, .help]
    case .model: files + [.precision, .products, .check, .threads, .json, .help]
    case .modelPrepare: files + [.precision, .threads, .quiet, .help]
    case .modelFabricate: [.shape, .format, .seed, .outliers, .threads, .quiet, .help]
    case .bench:
      [.shape, .model, .size, .steps, .runs, .threads, .precision, .products, .json, .quiet, .help]
    case .serve: [.config] + Setting.allCases.map(\.option) + [.printConfig, .help]
    case .goldenCheck: [.output] + goldens + [.help]
    case .goldenRecord: [.all, .output] + goldens + [.help]
    case .accountsCreate: [.name, .credit, .json, .data, .store, .help]
    case .accountsCredit: [.note, .json, .data, .store, .help]
    case .accountsList, .accountsShow, .accountsSuspend, .accountsResume, .keysShow, .keysRevoke:
      [.json, .data, .store, .help]
    case .keysCreate:
      [.name, .account, .test] + Option.limits + [.expires, .json, .data, .store, .help]
    case .keysUpdate: [.name] + Option.limits + [.expires, .json, .data, .store, .help]
    case .keysRotate: [.overlap, .json, .data, .store, .help]
    case .keysList: [.account, .json, .data, .store, .help]
    case .usage: [.account, .key, .month, .daily, .csv, .json, .data, .store, .help]
    case .ledger: [.account, .since, .json, .data, .store, .help]
    case .storeBackup, .storeCheck, .storeMigrate: [.json, .data, .store, .help]
    case .completion, .man, .help, .version: [.help]
    }
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
