/// The options of all commands.
package enum Option: String, Sendable, CaseIterable {
  case image
  case strength
  case output
  case size
  case seed
  case steps
  case guidance
  case lora
  case loraStrength = "lora-strength"
  case model
  case transformer
  case autoencoder
  case textEncoder = "text-encoder"
  case tokenizer
  case threads
  case json
  case quiet
  case help

  /// The option as it is written.
  package var spelling: String { "--" + rawValue }

  /// What stands for the value in help texts; nil for options without one.
  var placeholder: String? {
    switch self {
    case .json, .quiet, .help: nil
    case .image, .output, .transformer, .autoencoder, .textEncoder: "FILE"
    case .model, .tokenizer: "DIR"
    case .size: "WxH"
    case .seed, .steps, .threads: "N"
    case .guidance: "G"
    case .strength, .loraStrength: "S"
    case .lora: "NAME|FILE"
    }
  }

  /// Whether the option may be given more than once.
  var isRepeatable: Bool { self == .image }

  /// One line for help texts.
  var summary: String {
    switch self {
    case .image: "the picture to edit, or one to refer to; up to 5 times"
    case .strength: "how far to go from a single picture, 0 to 1 (default 0.75)"
    case .output: "where the PNG goes (default iris-SEED.png; a file named here is replaced)"
    case .size: "sides of 64 to 2048 pixels, rounded down to 16 (default 768x768)"
    case .seed: "0 to 9007199254740991, or -1 for a random one (the default)"
    case .steps: "denoising steps, 1 to 50 (default 4)"
    case .guidance: "1 to 20 (default 1); above 1 takes twice as long"
    case .lora: "a LoRA by its name in loras/registry.json, or a file (default none)"
    case .loraStrength: "how much of it, 0 to 1.5 (default as registered, else 0.6)"
    case .model: "a model directory (default models/iris-tiny)"
    case .transformer: "a transformer in one file, instead of --model"
    case .autoencoder: "the autoencoder that goes with it"
    case .textEncoder: "the text encoder that goes with it"
    case .tokenizer: "the tokenizer that goes with it"
    case .threads: "how many threads compute (default all cores); never changes the picture"
    case .json: "print one JSON object"
    case .quiet: "show no progress"
    case .help: "show this help"
    }
  }
}
