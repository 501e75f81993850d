/// The options of all commands.
package enum Option: String, Sendable, CaseIterable {
  case image
  case strength
  case output
  case size
  case seed
  case count
  case from
  case show
  case steps
  case guidance
  case lora
  case loraStrength = "lora-strength"
  case model
  case transformer
  case autoencoder
  case textEncoder = "text-encoder"
  case tokenizer
  case goldens
  case all
  case loras
  case threads
  case host
  case port
  case socket
  case socketMode = "socket-mode"
  case trustedProxies = "trusted-proxies"
  case connectionsPerAddress = "connections-per-address"
  case allowedHosts = "allowed-hosts"
  case corsOrigins = "cors-origins"
  case metricsHost = "metrics-host"
  case metricsPort = "metrics-port"
  case data
  case noAuth = "no-auth"
  case queue
  case deadline
  case memory
  case bodies
  case cache
  case drainWait = "drain-wait"
  case modelID = "model-id"
  case modelAliases = "model-aliases"
  case modelOptional = "model-optional"
  case modelOwner = "model-owner"
  case maxSize = "max-size"
  case maxEditSize = "max-edit-size"
  case oversize
  case strictBase64 = "strict-base64"
  case noPNGMetadata = "no-png-metadata"
  case logFile = "log-file"
  case logFormat = "log-format"
  case logPrompts = "log-prompts"
  case config
  case printConfig = "print-config"
  case name
  case test
  case json
  case quiet
  case help

  /// The option as it is written.
  package var spelling: String { "--" + rawValue }

  /// Its one letter, as in `-o`; nil for most.
  package var letter: UInt8? {
    switch self {
    case .output: UInt8(ascii: "o")
    case .seed: UInt8(ascii: "s")
    case .count: UInt8(ascii: "n")
    case .image: UInt8(ascii: "i")
    case .model: UInt8(ascii: "m")
    case .lora: UInt8(ascii: "l")
    case .threads: UInt8(ascii: "t")
    case .quiet: UInt8(ascii: "q")
    case .help: UInt8(ascii: "h")
    default: nil
    }
  }

  /// The option as it is written in one letter.
  var shortSpelling: String? { letter.map { "-" + String(UnicodeScalar($0)) } }

  /// Every way to write it, the short one first.
  var spellings: [String] { [shortSpelling, spelling].compactMap { $0 } }

  /// What stands for the value in help texts; nil for options without one.
  var placeholder: String? {
    switch self {
    case .json, .quiet, .help, .all, .show: nil
    case .noAuth, .strictBase64, .noPNGMetadata, .logPrompts, .printConfig, .test: nil
    case .modelOptional: nil
    case .image, .output, .from, .transformer, .autoencoder, .textEncoder, .config, .logFile: "FILE"
    case .model, .tokenizer, .data, .goldens, .loras: "DIR"
    case .size, .maxSize, .maxEditSize: "WxH"
    case .oversize: "refuse|scale"
    case .seed, .count, .steps, .threads, .port, .metricsPort, .queue: "N"
    case .guidance: "G"
    case .strength, .loraStrength: "S"
    case .lora: "NAME|FILE"
    case .host, .metricsHost: "HOST"
    case .socket: "PATH"
    case .socketMode: "MODE"
    case .trustedProxies, .modelAliases, .allowedHosts, .corsOrigins: "LIST"
    case .connectionsPerAddress: "N"
    case .deadline, .drainWait: "SECONDS"
    case .memory, .bodies, .cache: "MB"
    case .modelID, .modelOwner, .name: "NAME"
    case .logFormat: "json|text"
    }
  }

  /// Whether the option may be given more than once.
  var isRepeatable: Bool { self == .image || self == .seed }

  /// One line for help texts.
  var summary: String {
    switch self {
    case .image: "the image to edit, or one to refer to, up to 5 times; - is standard input"
    case .strength: "how far to go from a single image, 0 to 1 (default 0.75)"
    case .output:
      "where the PNG goes; - is standard output, {seed} and {index} differ (default iris-SEED.png)"
    case .size: "sides of 64 to 2048 pixels, rounded down to 16 (default 768x768)"
    case .seed: "0 to 9007199254740991, or -1 for a random one (the default); each makes an image"
    case .count: "images to make, 1 to 1000: with this seed and the ones after it (default 1)"
    case .from: "an image that Iris made: its prompt and options hold where none are given"
    case .show: "draw the image in the terminal, where it can (kitty, iTerm2, sixel)"
    case .steps: "denoising steps, 1 to 50 (default 4, of a base model 50)"
    case .guidance: "1 to 20 (default 1, of a base model 4); above 1 takes twice as long"
    case .lora: "a LoRA by its name in loras/registry.json, or a file (default none)"
    case .loraStrength: "how much of it, 0 to 1.5 (default as registered, else 0.6)"
    case .model: "a model directory (default models/iris-tiny)"
    case .transformer: "a transformer in one file, instead of --model"
    case .autoencoder: "the autoencoder that goes with it"
    case .textEncoder: "the text encoder that goes with it"
    case .tokenizer: "the tokenizer that goes with it"
    case .goldens: "the folder of manifest.json, images/ and references (default goldens)"
    case .all: "every golden of the manifest"
    case .loras: "the folder of the LoRA registry (default loras)"
    case .threads:
      "threads that compute, 1 to 256 (default all cores); they never change the image"
    case .host: "the address to listen at (default 127.0.0.1)"
    case .port: "the port to listen at, 0 to 65535 (default 8080); 0 takes a free one"
    case .socket: "a unix socket to listen at, instead of host and port"
    case .socketMode: "who may connect to the socket, as chmod has it (default 0600)"
    case .connectionsPerAddress:
      "connections of one address, 1 to 4000, or 0 for any number (default 1500; 0 behind a proxy)"
    case .allowedHosts: "hosts beside localhost that may be asked without keys (default none)"
    case .corsOrigins:
      "web pages of elsewhere that may use it, as https://app.example, or * (default none)"
    case .trustedProxies:
      "addresses, blocks or unix, whose X-Forwarded-For and x-request-id count (default none)"
    case .metricsHost: "the address for /metrics (default 127.0.0.1)"
    case .metricsPort: "the port for /metrics, 0 to 65535 (default 9464); 0 takes a free one"
    case .data: "where keys are kept (default $XDG_DATA_HOME/iris or ~/.local/share/iris)"
    case .noAuth: "ask for no keys; only on a loopback address or a unix socket"
    case .queue: "requests that may wait, 1 to 10000 (default 32)"
    case .deadline: "seconds from a request to its image, 1 to 86400 (default 600)"
    case .memory: "megabytes for images and renders, 64 or more (default half of what there is)"
    case .bodies: "megabytes for requests' bodies, 64 or more (default 1024, less if memory is)"
    case .cache: "megabytes for prompts and references that come again, or 0 (default 256, or less)"
    case .drainWait: "seconds not to be ready before no one is let in, 0 to 600 (default 1)"
    case .modelID: "what requests call the model (default epithre-iris)"
    case .modelAliases:
      "other names of it, as NAME,NAME=TARGET, for clients that fix theirs (default none)"
    case .modelOptional: "render requests that name no model"
    case .modelOwner: "whose model it is, for /v1/models (default epithre)"
    case .maxSize: "the largest size of a generation, 64x64 to 2048x2048 (default 960x960)"
    case .maxEditSize: "the largest size of an edit, 64x64 to 2048x2048 (default 704x704)"
    case .oversize: "what to do with requests for more: scale it down, or refuse (default refuse)"
    case .strictBase64: "refuse data: URIs, take plain base64 only"
    case .noPNGMetadata: "leave out of images what made them"
    case .logFile: "a file for the log, opened again at SIGHUP and SIGUSR1 (default stderr)"
    case .logFormat: "how the lines of the log look (default json)"
    case .logPrompts: "write prompts into the log"
    case .config: "a JSON file of settings; options and IRIS_… variables come before it"
    case .printConfig: "show each setting with where it came from, and end"
    case .name: "what to call the key"
    case .test: "a key whose requests cost nothing"
    case .json: "print one JSON object, for each image one on a line"
    case .quiet: "show no progress"
    case .help: "show this help"
    }
  }
}

/// What may be written for an option's value, going by what stands for it in help texts.
enum OptionValue: Equatable {
  /// The name of a file.
  case file
  /// The name of a folder.
  case folder
  /// One of a few words.
  case choice([String])
  /// Anything else.
  case other

  /// Understands a placeholder: `FILE`, `DIR`, `json|text`; capitals stand for something.
  init(placeholder: String) {
    let words = placeholder.utf8.split(separator: UInt8(ascii: "|")).map { String(Substring($0)) }
    if words.contains("FILE") {
      self = .file
    } else if words.contains("DIR") {
      self = .folder
    } else if words.count > 1, words.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x61 } }) {
      self = .choice(words)
    } else {
      self = .other
    }
  }
}
