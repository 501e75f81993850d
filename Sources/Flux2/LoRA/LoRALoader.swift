import Files
import FoundationEssentials
import JSON
import Tensors
import Text
public import Weights

extension LoRAAdapter {
  /// Opens an adapter file of any known spelling.
  /// - Parameters:
  ///   - file: A safetensors file, or a folder in which PEFT or diffusers wrote one.
  ///   - configuration: The transformer that the adapter must fit.
  /// - Throws: `Flux2Error` of the kind `adapter` for a file that cannot be read, is no LoRA, or fits another
  ///   model.
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
    // Sources nearer to the matrices take precedence.
    var sources = try LoRAMetadata.inHeader(checkpoint.metadata, file: checkpoint.name)
    var warnings: [AdapterWarning] = []
    if let path {
      let beside = try LoRAMetadata.beside(path, file: checkpoint.name)
      sources.append(beside.metadata)
      warnings = beside.warnings
    }
    var scales = ScaleResolver(sources)
    let shapes = configuration.layerShapes()
    var pairs: [String: Pair] = [:]
    for tensors in try Self.layers(of: checkpoint, index: LoRALayerIndex(configuration)) {
      let matrices = try LoRALayerMatrices(tensors, file: checkpoint.name)
      for (position, path) in tensors.layer.paths.enumerated() {
        guard let shape = shapes[path], pairs[path] == nil else {
          throw tensors.failure("changes \(path) a second time", file: checkpoint.name)
        }
        pairs[path] = try matrices.pair(of: path, at: position, shape: shape, scales: &scales)
      }
    }
    guard !pairs.isEmpty else {
      throw Flux2Error(.adapter, checkpoint.name, "holds no LoRA tensors")
    }
    self.init(
      name: checkpoint.name, pairs: pairs, warnings: scales.warnings + warnings)
  }

  /// Gathers the tensors of each layer, in the order of their names.
  private static func layers(
    of checkpoint: Checkpoint, index: LoRALayerIndex
  ) throws(Flux2Error) -> [LoRALayerTensors] {
    var layers: [String: LoRALayerTensors] = [:]
    for (name, tensor) in checkpoint.tensors.sorted(by: { $0.key < $1.key }) {
      guard let key = LoRAKey(name) else {
        throw Flux2Error(.adapter, checkpoint.name, unknownTensor(name))
      }
      guard let layer = index.layer(key.layer) else {
        throw Flux2Error(
          .adapter, checkpoint.name, "\(name) belongs to no layer of this transformer")
      }
      var tensors = layers[key.layer] ?? LoRALayerTensors(name: key.layer, layer: layer)
      try tensors.add(tensor, role: key.role, file: checkpoint.name)
      layers[key.layer] = tensors
    }
    return layers.values.sorted { $0.name < $1.name }
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

/// The paths of an adapter's files: its weights, and the configuration that PEFT writes beside them.
private struct AdapterFiles {
  /// The names that PEFT and diffusers write weights under, into a folder for each adapter.
  private static let stems = ["adapter_model", "pytorch_lora_weights"]

  /// The file with the tensors.
  let weights: String
  /// The configuration; nil where there is none.
  let configuration: String?

  /// Finds the files.
  ///
  /// A configuration belongs to any file beside it, unless PEFT's own file is there too, which is then
  /// the one that it was written with.
  /// - Parameter path: A file of weights, or a folder in which PEFT or diffusers wrote one.
  init(_ path: String) throws(Flux2Error) {
    let isFolder = BoundedFile.isFolder(path)
    let url = URL(fileURLWithPath: path)
    let folder = isFolder ? path : url.deletingLastPathComponent().path
    let names = Self.stems.map { folder + "/" + $0 + ".safetensors" }
    if isFolder {
      guard let file = names.first(where: BoundedFile.exists) else {
        throw Flux2Error(
          .adapter, path,
          "is a folder without \(Self.stems[0]).safetensors"
            + (BoundedFile.exists(folder + "/\(Self.stems[0]).bin")
              ? "; its \(Self.stems[0]).bin is a pickle, which is not read" : ""))
      }
      weights = file
    } else {
      weights = path
    }
    let isOwn = URL(fileURLWithPath: weights).lastPathComponent == Self.stems[0] + ".safetensors"
    let json = folder + "/" + LoRAMetadata.fileName
    configuration =
      BoundedFile.exists(json) && (isOwn || !BoundedFile.exists(names[0])) ? json : nil
  }
}
