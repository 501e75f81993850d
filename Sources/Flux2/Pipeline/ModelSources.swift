internal import Weights

/// A component's configuration and its weights.
struct ComponentSource<Configuration: Sendable>: Sendable {
  let configuration: Configuration
  /// The tensors in the spelling of diffusers.
  let checkpoint: Checkpoint
}

/// Everything a model is made from, found and parsed, but not yet matched to each other.
struct ModelSources: Sendable {
  /// What messages about the model as a whole call it.
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

  /// Tells models apart (`Checkpoint.fingerprint`).
  var fingerprint: String {
    let parts = [transformer.checkpoint, textEncoder.checkpoint, autoencoder.checkpoint]
    return Checkpoint.fingerprint(of: parts + (lowNoiseAdapter.map { [$0] } ?? []))
  }
}

extension ModelSources {
  /// Finds the parts.
  init(_ files: ModelFiles) throws(Flux2Error) {
    switch files {
    case .directory(let path): try self.init(directory: path)
    case .separate(let transformer, let autoencoder, let textEncoder, let tokenizer):
      try self.init(
        transformer: transformer, autoencoder: autoencoder, textEncoder: textEncoder,
        tokenizer: tokenizer)
    }
  }

  private init(directory: String) throws(Flux2Error) {
    name = directory
    index = try ModelIndex(file: "\(directory)/model_index.json")
    scheduler = try SchedulerConfiguration(file: "\(directory)/scheduler/scheduler_config.json")
    tokenizer = "\(directory)/tokenizer"
    vocabulary = try Vocabulary(directory: directory)
    textEncoder = ComponentSource(
      configuration: try TextEncoderConfiguration(file: "\(directory)/text_encoder/config.json"),
      checkpoint: try Self.open("\(directory)/text_encoder", stem: "model"))
    transformer = ComponentSource(
      configuration: try TransformerConfiguration(file: "\(directory)/transformer/config.json"),
      checkpoint: try Self.open("\(directory)/transformer", stem: "diffusion_pytorch_model"))
    autoencoder = ComponentSource(
      configuration: try AutoencoderConfiguration(
        ConfigurationReader(file: "\(directory)/vae/config.json")),
      checkpoint: try Self.open("\(directory)/vae", stem: "diffusion_pytorch_model"))
    // The name that diffusers writes adapters under, and looks for.
    lowNoiseAdapter =
      index.boundaryRatio == nil
      ? nil : try Self.open("\(directory)/low_noise", stem: "pytorch_lora_weights")
  }

  private static func open(
    _ directory: String, stem: String
  ) throws(Flux2Error) -> Checkpoint {
    do {
      return try Checkpoint.open(directory: directory, stem: stem)
    } catch {
      throw Flux2Error(.weights, error.file, error.detail)
    }
  }
}
