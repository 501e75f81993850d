public import Tensors
import Weights

/// Describes a model's parts, settings and memory without loading the weights.
public struct ModelInspector: Sendable {
  /// One of the model's parts.
  public struct Component: Sendable, Equatable {
    /// The part's name.
    public let name: String
    /// The configuration's values, with a name for each.
    public let configuration: [Entry]
    /// Tensors in its files.
    public let tensorCount: Int
    /// Elements of its tensors.
    public let parameterCount: Int
    /// Bytes that the tensors take.
    public let byteCount: Int
    /// The file or the folder of its weights.
    public let file: String
    /// The format of its files.
    public let container: String
    /// The forms in which elements are stored, the most frequent first.
    public let formats: [Format]
  }

  /// A form of stored elements.
  public struct Format: Sendable, Equatable {
    /// Its name, as `BF16` or `Q4_K`.
    public let name: String
    /// The tensors that have it.
    public let tensorCount: Int
  }

  /// A value of a configuration.
  public struct Entry: Sendable, Equatable {
    /// The setting's name.
    public let name: String
    /// Its value.
    public let value: String
  }

  let sources: ModelSources
  /// The keys that its configuration has twice.
  public let repeatedKeys: [RepeatedKey]

  /// Finds the files, reads the configuration and the headers of the weights.
  public init(_ files: ModelFiles) throws(Flux2Error) {
    sources = try ModelSources(files)
    repeatedKeys = try ModelSources.repeatedKeys(in: files)
  }

  /// Identifies the model, as `Pipeline.modelHash`.
  public var modelHash: String { ModelIdentity(sources).fingerprint }

  /// True if the model was distilled to a few steps without guidance.
  public var isDistilled: Bool { sources.index.isDistilled }

  /// Every key of its `model_index.json`; none for single files.
  public var indexKeys: [String] { sources.index.keys }

  /// The settings of the model as a whole.
  public var settings: [Entry] {
    let outputs = sources.index.textEncoderOutputs.map { "\($0)" }
    let sizes = sources.index.resolutionBuckets.map { "\($0.width)x\($0.height)" }
    let limit = sources.index.guidanceLimit.map { [Entry(name: "guidance limit", value: "\($0)")] }
    return [
      Entry(name: "native sizes", value: sizes.isEmpty ? "all" : sizes.joined(separator: ", ")),
      Entry(
        name: "pixels per token", value: "\(sources.autoencoder.configuration.pixelsPerToken)"),
      Entry(name: "prompt tokens", value: "\(sources.index.promptLength)"),
      Entry(name: "text encoder outputs", value: outputs.joined(separator: ", ")),
      Entry(name: "schedule", value: sources.scheduler.summary),
      Entry(name: "distilled", value: sources.index.isDistilled ? "yes" : "no"),
    ] + (limit ?? [])
  }

  /// The parts, in the order a prompt passes them.
  public var components: [Component] {
    let components = [
      Component(
        "text encoder", sources.textEncoder.configuration.settings,
        sources.textEncoder.checkpoint),
      Component(
        "transformer", sources.transformer.configuration.settings, sources.transformer.checkpoint),
      Component(
        "autoencoder", sources.autoencoder.configuration.settings, sources.autoencoder.checkpoint),
    ]
    guard let adapter = sources.lowNoiseAdapter, let boundary = sources.index.boundaryRatio else {
      return components
    }
    let range = Entry(name: "noise levels", value: "below \(boundary)")
    return components + [Component("low-noise adapter", [range], adapter)]
  }

  /// Chooses the arithmetic of the blocks' products, as a pipeline does.
  public func precision(
    _ mode: PrecisionMode, memoryByteCount: Int?, products: ProductChoice
  ) -> PrecisionChoice {
    sources.precision(mode, memoryByteCount: memoryByteCount, products: products)
  }

  /// Checks that the files hold exactly the tensors that the configurations require, in their shapes, and
  /// that the parts fit each other.
  public func checkTensors() throws(Flux2Error) {
    _ = try Model(sources)
  }

  /// Estimates the peak memory of a render, in bytes: the weights, and the activations of the stage that needs
  /// most.
  public func estimatedByteCount(
    width: Int, height: Int, references: [(width: Int, height: Int)] = [],
    precision: Precision = .float32, preparedDirectory: String? = nil
  ) -> Int {
    weightMemory(in: precision, preparedDirectory: preparedDirectory).byteCount
      + activationByteCount(width: width, height: height, references: references)
  }

  var activations: ActivationEstimate {
    ActivationEstimate(
      textEncoder: sources.textEncoder.configuration,
      transformer: sources.transformer.configuration,
      autoencoder: sources.autoencoder.configuration, buckets: sources.index.resolutionBuckets,
      promptLength: sources.index.promptLength)
  }
}

extension ModelInspector.Component {
  fileprivate init(
    _ name: String, _ configuration: [ModelInspector.Entry], _ checkpoint: Checkpoint
  ) {
    self.init(
      name: name, configuration: configuration, tensorCount: checkpoint.tensors.count,
      parameterCount: checkpoint.tensors.values.reduce(0) { $0 + $1.count },
      byteCount: checkpoint.tensors.values.reduce(0) { $0 + $1.byteCount },
      file: checkpoint.name, container: checkpoint.container.rawValue,
      formats: Dictionary(grouping: checkpoint.tensors.values, by: \.formatName)
        .map { ModelInspector.Format(name: $0.key, tensorCount: $0.value.count) }
        .sorted { ($1.tensorCount, $0.name) < ($0.tensorCount, $1.name) })
  }
}

// The settings of the configurations.

extension TextEncoderConfiguration {
  var settings: [ModelInspector.Entry] {
    [
      .init(name: "layers", value: "\(layerCount)"),
      .init(name: "features", value: "\(hiddenSize), \(intermediateSize) in the MLPs"),
      .init(
        name: "heads",
        value: "\(headCount) of \(headDim), \(keyValueHeadCount) for keys and values"),
      .init(name: "vocabulary", value: "\(vocabularySize)"),
    ]
  }
}

extension TransformerConfiguration {
  var settings: [ModelInspector.Entry] {
    let axes = axisDims.map { "\($0)" }.joined(separator: ", ")
    return [
      .init(
        name: "blocks",
        value: "\(doubleBlockCount) double stream, \(singleBlockCount) single stream"),
      .init(name: "features", value: "\(hiddenSize), \(intermediateSize) in the MLPs"),
      .init(name: "heads", value: "\(headCount) of \(headDim)"),
      .init(name: "rotary axes", value: axes),
      .init(name: "token features", value: "\(inChannels)"),
    ]
  }
}

extension AutoencoderConfiguration {
  var settings: [ModelInspector.Entry] {
    func list(_ channels: [Int]) -> String {
      channels.map { "\($0)" }.joined(separator: ", ")
    }
    return [
      .init(name: "encoder channels", value: list(encoderChannels)),
      .init(name: "decoder channels", value: list(decoderChannels)),
      .init(name: "latent channels", value: "\(latentChannels)"),
      .init(name: "pixels per latent", value: "\(pixelsPerLatent)"),
    ]
  }
}

extension SchedulerConfiguration {
  var summary: String {
    switch shift {
    case .exponential: "shifted by size and steps"
    case .linear: "shifted by size and steps, linearly"
    case .fixed(let shift): "shifted by \(shift)"
    }
  }
}
