/// What the program can be told to do.
package enum Command: String, Sendable, CaseIterable {
  case generate
  case edit
  case inspect
  case model
  case help
  case version

  /// What stands for the one argument besides options; nil where there is none.
  var operand: String? {
    switch self {
    case .generate, .edit: "PROMPT"
    case .inspect: "FILE.png"
    case .model: "DIR"
    case .help: "COMMAND"
    case .version: nil
    }
  }

  /// Whether the operand may be left out.
  var operandIsOptional: Bool {
    switch self {
    case .help, .version: true
    // A model may also be given as single files.
    case .model: true
    case .generate, .edit, .inspect: false
    }
  }

  /// The options it takes, in the order help shows them.
  var options: [Option] {
    let files: [Option] = [.transformer, .autoencoder, .textEncoder, .tokenizer]
    let rendering: [Option] =
      [.output, .size, .seed, .steps, .guidance, .lora, .loraStrength, .model] + files
      + [.threads, .json, .quiet]
    return switch self {
    case .generate: rendering + [.help]
    case .edit: [.image, .strength] + rendering + [.help]
    case .inspect: [.json, .help]
    case .model: files + [.json, .help]
    case .help, .version: [.help]
    }
  }

  /// One line for help texts.
  var summary: String {
    switch self {
    case .generate: "render a picture from a prompt"
    case .edit: "change a picture, or combine several, as a prompt says"
    case .inspect: "say what made a picture, from its text chunks"
    case .model: "show a model's configuration, parameters and memory, and check its tensors"
    case .help: "show how a command is used"
    case .version: "print the version"
    }
  }
}
