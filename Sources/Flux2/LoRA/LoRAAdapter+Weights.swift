internal import Tensors
public import Weights

extension LoRAAdapter {
  /// Opens an adapter file of any known spelling.
  /// - Parameters:
  ///   - file: A safetensors file, or a folder in which PEFT or diffusers wrote one.
  ///   - configuration: The transformer that the adapter must fit.
  public static func open(
    file: String, for configuration: TransformerConfiguration
  ) throws(Flux2Error) -> LoRAAdapter {
    let files = try AdapterFiles(file)
    let checkpoint: Checkpoint
    do {
      // Adapters are small, and come and go while a service runs.
      checkpoint = try Checkpoint.open(file: files.weights, isCopied: true)
    } catch {
      throw Flux2Error(.adapter, error.file, error.detail)
    }
    return try LoRAAdapter(checkpoint, for: configuration, beside: files.configuration)
  }

  /// Takes the tensors of an adapter file; every name must be that of a layer.
  ///
  /// More lenient than diffusers, which loads nothing from names without its prefix and refuses or drops
  /// `alpha` in some spellings (spec §10): here any layer spelling goes with any ending.
  /// - Parameters:
  ///   - checkpoint: The file.
  ///   - configuration: The transformer that the adapter must fit.
  ///   - path: The configuration that PEFT wrote beside the file.
  public init(
    _ checkpoint: Checkpoint, for configuration: TransformerConfiguration,
    beside path: String? = nil
  ) throws(Flux2Error) {
    // The nearer to the matrices something is said, the more it counts.
    var sources = try LoRAMetadata.inHeader(checkpoint.metadata, file: checkpoint.name)
    var warnings: [AdapterWarning] = []
    if let path {
      let beside = try LoRAMetadata.beside(path, file: checkpoint.name)
      sources.append(beside.metadata)
      warnings = beside.warnings
    }
    var scales = ScaleSources(sources)
    let shapes = configuration.layerShapes()
    var pairs: [String: Pair] = [:]
    for part in try Self.parts(of: checkpoint, index: LoRALayerIndex(configuration)) {
      let complete = try CompletePart(part, file: checkpoint.name)
      for (position, path) in part.layer.paths.enumerated() {
        guard let shape = shapes[path], pairs[path] == nil else {
          throw part.failure("changes \(path) a second time", file: checkpoint.name)
        }
        pairs[path] = try complete.pair(of: path, at: position, shape: shape, scales: &scales)
      }
    }
    guard !pairs.isEmpty else {
      throw Flux2Error(.adapter, checkpoint.name, "holds no LoRA tensors")
    }
    self.init(
      name: checkpoint.name, pairs: pairs, warnings: scales.warnings + warnings)
  }

  /// Gathers the tensors of each layer, in the order of their names.
  private static func parts(
    of checkpoint: Checkpoint, index: LoRALayerIndex
  ) throws(Flux2Error) -> [LoRAPart] {
    var parts: [String: LoRAPart] = [:]
    for (name, tensor) in checkpoint.tensors.sorted(by: { $0.key < $1.key }) {
      guard let key = LoRAKey(name) else {
        throw Flux2Error(.adapter, checkpoint.name, unknownTensor(name))
      }
      guard let layer = index.layer(key.layer) else {
        throw Flux2Error(
          .adapter, checkpoint.name, "\(name) belongs to no layer of this transformer")
      }
      var part = parts[key.layer] ?? LoRAPart(name: key.layer, layer: layer)
      try part.add(tensor, role: key.role, file: checkpoint.name)
      parts[key.layer] = part
    }
    return parts.values.sorted { $0.name < $1.name }
  }

  private static func unknownTensor(_ name: String) -> String {
    let marks = [
      (".lokr_", "LoKr"), (".hada_", "LoHa"), (".lora_magnitude", "DoRA"), (".dora_scale", "DoRA"),
      (".oft_", "OFT"), (".boft_", "BOFT"),
    ]
    for (mark, kind) in marks where name.contains(mark) {
      return "\(name) belongs to a \(kind) adapter, which is not supported; only LoRA is"
    }
    return "\(name) is no LoRA tensor"
  }
}
