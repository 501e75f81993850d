import Files
import FoundationEssentials
import Text
import Weights

/// The paths of a model's files.
public enum ModelFiles: Sendable, Equatable {
  /// A directory in the layout of diffusers (spec §1.1), with single files in place of some of its parts.
  case directory(String, replacing: ModelParts = ModelParts())
  /// Single files, in the spelling of diffusers or of the original release, and a tokenizer directory.
  case separate(transformer: String, autoencoder: String, textEncoder: String, tokenizer: String)
}

/// The paths of single files, safetensors or GGUF, in place of parts of a model directory.
public struct ModelParts: Sendable, Equatable {
  /// The file of a transformer; nil for the directory's.
  public var transformer: String?
  /// The file of an autoencoder; nil for the directory's.
  public var autoencoder: String?
  /// The file of a text encoder; nil for the directory's.
  public var textEncoder: String?
  /// A tokenizer directory; nil for the model directory's.
  public var tokenizer: String?

  /// Replaces nothing, until a part is set.
  public init() {}

  /// The files of weights.
  public var files: [String] { [transformer, autoencoder, textEncoder].compactMap(\.self) }
}

/// A key that a configuration file has twice.
public struct RepeatedKey: Sendable, Equatable {
  /// The file.
  public let file: String
  /// The key, fit for a message.
  public let key: String
}

/// The configurations and checkpoints of a model's parts, found and parsed, but not yet matched to each
/// other.
struct ModelSources: Sendable {
  /// The model's name in messages about it as a whole.
  let name: String
  let index: ModelIndex
  let scheduler: SchedulerConfiguration
  let textEncoder: ComponentSource<TextEncoderConfiguration>
  let transformer: ComponentSource<TransformerConfiguration>
  let autoencoder: ComponentSource<AutoencoderConfiguration>
  /// The transformer's change at low noise, for a model whose index has a boundary for it.
  let lowNoiseAdapter: Checkpoint?
  /// The tokenizer's directory.
  let tokenizer: String
  /// The words that the model was taught, if it brings a list of them.
  let vocabulary: Vocabulary?
}

extension ModelSources {
  /// Reads the configurations and the headers of the weights.
  init(_ files: ModelFiles) throws(Flux2Error) {
    switch files {
    case .directory(let path, let parts): try self.init(directory: path, replacing: parts)
    case .separate(let transformer, let autoencoder, let textEncoder, let tokenizer):
      try self.init(
        transformer: transformer, autoencoder: autoencoder, textEncoder: textEncoder,
        tokenizer: tokenizer)
    }
  }

  private init(directory: String, replacing parts: ModelParts) throws(Flux2Error) {
    name = directory
    var index = try ModelIndex(file: "\(directory)/model_index.json")
    scheduler = try SchedulerConfiguration(file: "\(directory)/scheduler/scheduler_config.json")
    tokenizer = parts.tokenizer ?? "\(directory)/tokenizer"
    vocabulary = try Vocabulary(directory: directory)
    textEncoder = try ComponentSource(
      file: parts.textEncoder, orIn: "\(directory)/text_encoder", stem: "model")
    transformer = try ComponentSource(
      file: parts.transformer, orIn: "\(directory)/transformer", stem: "diffusion_pytorch_model")
    autoencoder = try ComponentSource(
      file: parts.autoencoder, orIn: "\(directory)/vae", stem: "diffusion_pytorch_model")
    if let file = parts.transformer, let isDistilled = try Self.isDistilled(file) {
      index.isDistilled = isDistilled
    }
    self.index = index
    // The name that diffusers writes adapters under, and looks for.
    lowNoiseAdapter =
      index.boundaryRatio == nil
      ? nil : try Checkpoint.openingWeights("\(directory)/low_noise", stem: "pytorch_lora_weights")
  }

  /// Takes single files; a directory's settings of the model as a whole are as in klein, but for
  /// `isDistilled`.
  private init(
    transformer: String, autoencoder: String, textEncoder: String, tokenizer: String
  ) throws(Flux2Error) {
    var index = ModelIndex()
    index.isDistilled = try Self.isDistilled(transformer) ?? true
    self.init(
      name: transformer, index: index, scheduler: SchedulerConfiguration(),
      textEncoder: try ComponentSource(file: textEncoder),
      transformer: try ComponentSource(file: transformer),
      autoencoder: try ComponentSource(file: autoencoder),
      lowNoiseAdapter: nil, tokenizer: tokenizer, vocabulary: nil)
  }

  /// Returns whether the transformer of a file was distilled, which its tensors do not tell; nil where nothing does.
  ///
  /// A file inside a model's directory has that one's index. Alone it has only its name: that of a base model has
  /// the word `base`, as `flux-2-klein-base-4b.safetensors`, and that of a distilled one is klein's and its size
  /// without it, as `flux-2-klein-4b-Q4_K_M.gguf`.
  private static func isDistilled(_ file: String) throws(Flux2Error) -> Bool? {
    let url = URL(fileURLWithPath: file)
    let index = url.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("model_index.json").path
    if url.deletingLastPathComponent().lastPathComponent == "transformer", BoundedFile.exists(index)
    {
      return try ModelIndex(file: index).isDistilled
    }
    let words = PromptWords(url.lastPathComponent).words
    if words.contains("base") { return false }
    return words.contains("klein") && (words.contains("4b") || words.contains("9b")) ? true : nil
  }
}

extension ModelSources {
  private static let configurationNames = [
    "model_index.json", "vocabulary.json", "scheduler/scheduler_config.json",
    "text_encoder/config.json", "transformer/config.json", "vae/config.json",
  ]

  /// Finds the keys that a model's configuration has twice, of which the last counts; other programs take
  /// that without a word.
  static func repeatedKeys(in files: ModelFiles) throws(Flux2Error) -> [RepeatedKey] {
    var keys: [RepeatedKey] = []
    for path in configurations(of: files) where BoundedFile.exists(path) {
      keys += try ConfigurationReader(file: path).repeatedKeys.map {
        RepeatedKey(file: path, key: "\($0)")
      }
    }
    return keys
  }

  private static func configurations(of files: ModelFiles) -> [String] {
    switch files {
    case .directory(let path, let parts):
      configurationNames.map { "\(path)/\($0)" } + parts.files.map(configurationPath(beside:))
    case .separate(let transformer, let autoencoder, let textEncoder, _):
      [transformer, autoencoder, textEncoder].map(configurationPath(beside:))
    }
  }
}

/// A component's configuration and its weights.
struct ComponentSource<Configuration: ComponentConfiguration>: Sendable {
  let configuration: Configuration
  /// The tensors in the spelling of diffusers.
  let checkpoint: Checkpoint

  private init(configuration: Configuration, checkpoint: Checkpoint) {
    (self.configuration, self.checkpoint) = (configuration, checkpoint)
  }

  /// Takes a single file, or a component's folder in the layout of diffusers.
  /// - Parameters:
  ///   - file: The file; nil for the folder.
  ///   - directory: The folder, with a `config.json`.
  ///   - stem: The name of the weight files without their ending.
  fileprivate init(file: String?, orIn directory: String, stem: String) throws(Flux2Error) {
    if let file {
      try self.init(file: file)
      return
    }
    let configuration = try Configuration(ConfigurationReader(file: "\(directory)/config.json"))
    let stored = try Checkpoint.openingWeights(directory, stem: stem)
    // A folder may hold a single file under its own names.
    let isSpelled = stored.tensors[Configuration.distinctiveTensor] != nil
    self.init(
      configuration: configuration,
      checkpoint: isSpelled ? stored : try Configuration.renaming(stored))
  }

  /// Takes a single file, with the `config.json` beside it if that is this component's, which has more than
  /// shapes tell; files downloaded alone have none.
  fileprivate init(file: String) throws(Flux2Error) {
    checkpoint = try Configuration.renaming(try SingleFile.open(file))
    let path = configurationPath(beside: file)
    if FileManager.default.fileExists(atPath: path) {
      let json = try ConfigurationReader(file: path)
      if json.has(Configuration.distinctiveKey) {
        configuration = try Configuration(json)
        return
      }
    }
    configuration = try Configuration(inferredFrom: checkpoint)
  }
}

/// A configuration that is read from a component's `config.json` or inferred from its tensors.
protocol ComponentConfiguration: Sendable {
  /// A key that the `config.json` of this component has and those of the others have not.
  static var distinctiveKey: String { get }
  /// A tensor of this component that has this name in the spelling of diffusers alone.
  static var distinctiveTensor: String { get }
  /// Gives the tensors of any spelling the names of diffusers.
  static func renaming(_ checkpoint: Checkpoint) throws(Flux2Error) -> Checkpoint

  init(_ json: ConfigurationReader) throws(Flux2Error)
  init(inferredFrom checkpoint: Checkpoint) throws(Flux2Error)
}

extension TextEncoderConfiguration: ComponentConfiguration {
  static let distinctiveKey = "num_hidden_layers"
  static let distinctiveTensor = "model.embed_tokens.weight"

  static func renaming(_ checkpoint: Checkpoint) throws(Flux2Error) -> Checkpoint {
    try SingleFile.textEncoder(checkpoint)
  }
}

extension TransformerConfiguration: ComponentConfiguration {
  static let distinctiveKey = "num_single_layers"
  static let distinctiveTensor = "x_embedder.weight"

  static func renaming(_ checkpoint: Checkpoint) throws(Flux2Error) -> Checkpoint {
    try SingleFile.transformer(checkpoint)
  }
}

extension AutoencoderConfiguration: ComponentConfiguration {
  static let distinctiveKey = "block_out_channels"
  static let distinctiveTensor = "decoder.mid_block.resnets.0.conv1.weight"

  static func renaming(_ checkpoint: Checkpoint) throws(Flux2Error) -> Checkpoint {
    try SingleFile.autoencoder(checkpoint)
  }
}

extension Checkpoint {
  /// Opens weights in a folder, with the module's error.
  fileprivate static func openingWeights(
    _ directory: String, stem: String
  ) throws(Flux2Error) -> Checkpoint {
    do {
      return try Checkpoint.open(directory: directory, stem: stem).readingQuantizedLayers()
    } catch {
      throw Flux2Error(.weights, error.file, error.detail)
    }
  }
}

/// Returns the path that the `config.json` beside a file would have.
private func configurationPath(beside file: String) -> String {
  URL(fileURLWithPath: file).deletingLastPathComponent()
    .appendingPathComponent("config.json").path
}
