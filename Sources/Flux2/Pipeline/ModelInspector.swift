internal import Imaging
internal import Tensors
internal import Weights

/// What a model consists of, without loading it.
public struct ModelInspector: Sendable {
  /// One of the model's parts.
  public struct Component: Sendable, Equatable {
    /// What the part is called.
    public let name: String
    /// The configuration's values, with a name for each.
    public let configuration: [Setting]
    /// Tensors in its files.
    public let tensorCount: Int
    /// Numbers in its tensors.
    public let parameterCount: Int
    /// Bytes that the tensors take.
    public let byteCount: Int
  }

  /// A value of a configuration.
  public struct Setting: Sendable, Equatable {
    /// What is set.
    public let name: String
    /// To what.
    public let value: String
  }

  private let sources: ModelSources
  /// The keys that its configuration has twice.
  public let repeatedKeys: [RepeatedKey]

  /// Finds the files, reads the configuration and the headers of the weights.
  public init(_ files: ModelFiles) throws(Flux2Error) {
    sources = try ModelSources(files)
    repeatedKeys = try ModelSources.repeatedKeys(in: files)
  }

  /// Tells models apart, as `Pipeline.modelHash`.
  public var modelHash: String { sources.fingerprint }

  /// Whether the model was distilled to a few steps without guidance.
  public var isDistilled: Bool { sources.index.isDistilled }

  /// Every key of its `model_index.json`; none for single files.
  public var indexKeys: [String] { sources.index.keys }

  /// Values of the model as a whole.
  public var settings: [Setting] {
    let outputs = sources.index.textEncoderOutputs.map { "\($0)" }
    let sizes = sources.index.resolutionBuckets.map { "\($0.width)x\($0.height)" }
    return [
      Setting(name: "native sizes", value: sizes.isEmpty ? "all" : sizes.joined(separator: ", ")),
      Setting(
        name: "pixels per token", value: "\(sources.autoencoder.configuration.pixelsPerToken)"),
      Setting(name: "prompt tokens", value: "\(sources.index.promptLength)"),
      Setting(name: "text encoder outputs", value: outputs.joined(separator: ", ")),
      Setting(name: "schedule", value: sources.scheduler.summary),
      Setting(name: "distilled", value: sources.index.isDistilled ? "yes" : "no"),
    ]
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
    let range = Setting(name: "noise levels", value: "below \(boundary)")
    return components + [Component("low-noise adapter", [range], adapter)]
  }

  /// Checks that every tensor the configuration asks for is there, in its shape, and no other, and that
  /// the parts fit each other.
  public func checkTensors() throws(Flux2Error) {
    _ = try Model(sources)
  }

  /// The most memory that a render of this size will occupy at once, in bytes, estimated: the mapped
  /// weights, and the activations of the greediest stage.
  /// - Parameters:
  ///   - width: Pixels across.
  ///   - height: Pixels down.
  ///   - references: Width and height of each reference.
  public func estimatedByteCount(
    width: Int, height: Int, references: [(width: Int, height: Int)] = []
  ) -> Int {
    let autoencoder = sources.autoencoder.configuration
    let (width, height, sizes) = (max(width, 1), max(height, 1), sources.index.resolutionBuckets)
    let geometry = ImageGeometry(
      width: width, height: height, pixelsPerToken: autoencoder.pixelsPerToken,
      native: .best(of: sizes, width: width, height: height))
    let pixels = geometry.renderedPixelCount
    let referencePixels = references.reduce(0) { sum, reference in
      guard !sizes.isEmpty else {
        return sum + min(reference.width * reference.height, Raster.areaLimit)
      }
      let fitted = ImageGeometry(
        reference: reference.width, reference.height, pixelsPerToken: autoencoder.pixelsPerToken,
        sizes: sizes, besides: geometry)
      return sum + (references.count == 1 ? geometry : fitted).renderedPixelCount
    }
    let tokenArea = autoencoder.pixelsPerToken * autoencoder.pixelsPerToken
    let length = sources.index.promptLength
    let tokens = length + geometry.grid.count + referencePixels / tokenArea
    let activations = max(
      length * sources.textEncoder.configuration.valuesPerToken,
      tokens * sources.transformer.configuration.valuesPerToken,
      max(pixels, referencePixels) * autoencoder.valuesPerPixel)
    let weights = components.reduce(0) { $0 + $1.byteCount }
    return weights + activations * MemoryLayout<Float>.size
  }
}

extension ModelInspector.Component {
  fileprivate init(
    _ name: String, _ configuration: [ModelInspector.Setting], _ checkpoint: Checkpoint
  ) {
    self.init(
      name: name, configuration: configuration, tensorCount: checkpoint.tensors.count,
      parameterCount: checkpoint.tensors.values.reduce(0) { $0 + $1.count },
      byteCount: checkpoint.tensors.values.reduce(0) { $0 + $1.byteCount })
  }
}
