internal import Files
internal import FoundationEssentials
internal import Text
internal import Weights

extension ModelSources {
  /// Takes single files; what a directory says about the model as a whole is as in klein, but for whether
  /// the model was distilled.
  init(
    transformer: String, autoencoder: String, textEncoder: String, tokenizer: String
  ) throws(Flux2Error) {
    var index = ModelIndex()
    index.isDistilled = try Self.isDistilled(transformer)
    self.init(
      name: transformer, index: index, scheduler: SchedulerConfiguration(),
      textEncoder: try Self.textEncoder(textEncoder),
      transformer: try Self.transformer(transformer),
      autoencoder: try Self.autoencoder(autoencoder), lowNoiseAdapter: nil,
      tokenizer: tokenizer, vocabulary: nil)
  }

  /// Whether the transformer of a file was distilled, which its tensors do not tell.
  ///
  /// A file inside a model's directory has that one's index. Alone it has only its name: those of klein's
  /// base models have the word `base` (`flux-2-klein-base-4b.safetensors`), and the others, which are more,
  /// have not.
  private static func isDistilled(_ file: String) throws(Flux2Error) -> Bool {
    let url = URL(fileURLWithPath: file)
    let index = url.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("model_index.json").path
    if url.deletingLastPathComponent().lastPathComponent == "transformer", BoundedFile.exists(index)
    {
      return try ModelIndex(file: index).isDistilled
    }
    return !PromptWords(url.lastPathComponent).words.contains("base")
  }

  private static func textEncoder(
    _ file: String
  ) throws(Flux2Error) -> ComponentSource<TextEncoderConfiguration> {
    let checkpoint = try SingleFile.textEncoder(file: file)
    guard let json = try configuration(beside: file, with: "num_hidden_layers") else {
      return ComponentSource(
        configuration: try TextEncoderConfiguration(inferredFrom: checkpoint),
        checkpoint: checkpoint)
    }
    return ComponentSource(
      configuration: try TextEncoderConfiguration(json), checkpoint: checkpoint)
  }

  private static func transformer(
    _ file: String
  ) throws(Flux2Error) -> ComponentSource<TransformerConfiguration> {
    let checkpoint = try SingleFile.transformer(file: file)
    guard let json = try configuration(beside: file, with: "num_single_layers") else {
      return ComponentSource(
        configuration: try TransformerConfiguration(inferredFrom: checkpoint),
        checkpoint: checkpoint)
    }
    return ComponentSource(
      configuration: try TransformerConfiguration(json), checkpoint: checkpoint)
  }

  private static func autoencoder(
    _ file: String
  ) throws(Flux2Error) -> ComponentSource<AutoencoderConfiguration> {
    let checkpoint = try SingleFile.autoencoder(file: file)
    guard let json = try configuration(beside: file, with: "block_out_channels") else {
      return ComponentSource(
        configuration: try AutoencoderConfiguration(inferredFrom: checkpoint),
        checkpoint: checkpoint)
    }
    return ComponentSource(
      configuration: try AutoencoderConfiguration(json), checkpoint: checkpoint)
  }

  /// Where the `config.json` beside a file would be.
  static func configuration(beside file: String) -> String {
    URL(fileURLWithPath: file).deletingLastPathComponent()
      .appendingPathComponent("config.json").path
  }

  /// The `config.json` beside a file, if it is that of such a component.
  ///
  /// It says what shapes do not tell; files downloaded alone have none.
  private static func configuration(
    beside file: String, with key: String
  ) throws(Flux2Error) -> ConfigurationReader? {
    let path = configuration(beside: file)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let json = try ConfigurationReader(file: path)
    return json.has(key) ? json : nil
  }
}
