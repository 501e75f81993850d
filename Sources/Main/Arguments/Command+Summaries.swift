import Flux2
import Rendering
import Tensors

/// The words of help texts about commands and their options.
extension Command {
  /// The placeholder and summary of an option, where they differ from those of other commands.
  func meaning(of option: Option) -> (placeholder: String?, summary: String)? {
    switch (self, option) {
    case (.generate, .json), (.edit, .json): nil
    case (.accountsList, .json), (.keysList, .json), (.usage, .json), (.ledger, .json):
      (nil, "print a JSON array, an object on each line")
    case (.loras, .json): (nil, "print one JSON array")
    case (_, .json): (nil, "print one JSON object")
    case (.accountsCreate, .name): ("NAME", "whose account it is")
    case (.keysUpdate, .name): ("NAME", "another name for the key")
    case (.keysCreate, .account):
      ("ID", "the account that pays for its requests (default acct_default)")
    case (.keysUpdate, .expires): ("DATE", "the time from which it is refused, or never")
    case (.keysCreate, _):
      option.standardLimit.map { (nil, "\(option.summary) (default \($0))") }
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
    case (.serve, .editMode):
      (
        nil,
        "how an edit of a single image begins that does not say (\(Setting.editMode.defaultText))"
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

  /// One line for help texts.
  var summary: String {
    switch self {
    case .generate: "render an image from a prompt"
    case .edit: "change an image, or combine several, as a prompt says"
    case .inspect: "say what made an image, from what is written in its file"
    case .loras: "list the LoRAs of the registry, with what a model can make of each"
    case .model: "show a model's configuration, parameters and memory, and check its tensors"
    case .modelPrepare:
      "write a model's quantised weights into the cache, from where they are mapped"
    case .modelFabricate: "write a model of random weights, for measurements and tests"
    case .bench: "measure products, blocks, stages and renders on this machine"
    case .serve: "offer all of it over HTTP, to clients of the OpenAI image API"
    case .goldenCheck: "render the goldens and compare them with the recorded images"
    case .goldenRecord: "make new renders of goldens the recorded ones"
    case .accountsCreate: "make an account, whose credit pays for the requests of its keys"
    case .accountsList: "list the accounts with their credit"
    case .accountsShow: "show an account"
    case .accountsCredit: "add to an account's credit, or take back from it"
    case .accountsSuspend: "refuse the keys of an account until it is resumed"
    case .accountsResume: "admit the keys of a suspended account again"
    case .keysCreate: "make an API key and print its token, this once"
    case .keysList: "list the API keys"
    case .keysShow: "show an API key with its limits"
    case .keysUpdate: "change the name, limits or expiry of an API key"
    case .keysRotate: "give an API key another token and print it, this once"
    case .keysRevoke: "refuse an API key from now on"
    case .usage: "show requests, images and spending of the keys, by month"
    case .ledger: "show every movement of credit, with the request of a charge"
    case .storeBackup: "copy the store into a file while it is in use"
    case .storeCheck: "prove from the store's tables that no money was lost or made"
    case .storeMigrate: "bring the store of an earlier version to this one's"
    case .completion: "print a script that completes commands and options in bash, zsh or fish"
    case .man: "print the manual page, for man"
    case .help: "show how a command is used"
    case .version: "print the version"
    }
  }
}
