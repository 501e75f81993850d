import Files
import FoundationEssentials
import Hashing
import Tensors
public import Weights

extension Adapter {
  /// Opens an adapter file of any known kind and spelling.
  /// - Parameters:
  ///   - file: A safetensors file, or a folder in which PEFT or diffusers wrote one.
  ///   - transformer: The transformer that the adapter must fit.
  ///   - textEncoder: The text encoder that it must fit; nil to refuse changes of one.
  /// - Throws: `Flux2Error` of the kind `adapter` for a file that cannot be read, is no adapter, or fits
  ///   another model.
  public static func open(
    file: String, for transformer: TransformerConfiguration,
    textEncoder: TextEncoderConfiguration? = nil
  ) throws(Flux2Error) -> Adapter {
    let files = try AdapterFiles(file)
    let checkpoint: Checkpoint
    do {
      // Adapters are small, and come and go while a service runs.
      checkpoint = try Checkpoint.open(
        file: files.weights, isCopied: true, containers: [.safetensors])
    } catch {
      throw Flux2Error(.adapter, error.file, error.detail)
    }
    return try Adapter(
      checkpoint, for: transformer, textEncoder: textEncoder, beside: files.configuration)
  }

  /// Takes the tensors of an adapter file; every name must be that of a layer.
  ///
  /// More lenient than diffusers, which loads nothing from names without its prefix and refuses or drops
  /// `alpha` in some spellings (spec §10): here any layer spelling goes with any ending.
  /// - Parameters:
  ///   - checkpoint: The file.
  ///   - transformer: The transformer that the adapter must fit.
  ///   - textEncoder: The text encoder that it must fit; nil to refuse changes of one.
  ///   - path: The configuration that PEFT wrote beside the file.
  public init(
    _ checkpoint: Checkpoint, for transformer: TransformerConfiguration,
    textEncoder: TextEncoderConfiguration? = nil, beside path: String? = nil
  ) throws(Flux2Error) {
    // Sources nearer to the matrices take precedence.
    var sources = try AdapterMetadata.inHeader(checkpoint.metadata, file: checkpoint.name)
    var warnings: [AdapterWarning] = []
    if let path {
      let beside = try AdapterMetadata.beside(path, file: checkpoint.name)
      sources.append(beside.metadata)
      warnings = beside.warnings
    }
    var scales = ScaleResolver(sources)
    let index = AdapterLayerIndex(transformer, textEncoder: textEncoder)
    var changes: [String: LayerChange] = [:]
    for tensors in try Self.layers(of: checkpoint, index: index) {
      try tensors.add(to: &changes, shapes: index.shapes, scales: &scales)
    }
    guard !changes.isEmpty else {
      throw Flux2Error(.adapter, checkpoint.name, "holds no LoRA tensors")
    }
    try scales.checkMagnitudes(
      of: changes.values.count { $0.decomposition != nil }, file: checkpoint.name)
    self.init(
      name: checkpoint.name, changes: changes, warnings: scales.warnings + warnings,
      textEncoderIdentity: Self.textEncoderIdentity(of: changes, checkpoint, index))
  }

  /// Gathers the tensors of each layer, in the order of their names.
  private static func layers(
    of checkpoint: Checkpoint, index: AdapterLayerIndex
  ) throws(Flux2Error) -> [AdapterLayerTensors] {
    var layers: [String: AdapterLayerTensors] = [:]
    for (name, tensor) in checkpoint.tensors.sorted(by: { $0.key < $1.key }) {
      guard let key = AdapterKey(name) else {
        throw Flux2Error(.adapter, checkpoint.name, AdapterKey.refusal(of: name))
      }
      guard let layer = index.layer(key.layer) else {
        throw Flux2Error(
          .adapter, checkpoint.name,
          "\(name) belongs to no layer of this transformer or its text encoder")
      }
      var tensors =
        layers[key.layer]
        ?? AdapterLayerTensors(name: key.layer, layer: layer, file: checkpoint.name)
      try tensors.add(tensor, role: key.role)
      layers[key.layer] = tensors
    }
    return layers.values.sorted { $0.name < $1.name }
  }

  /// Hashes the tensors that change the text encoder, and their scales.
  private static func textEncoderIdentity(
    of changes: [String: LayerChange], _ checkpoint: Checkpoint, _ index: AdapterLayerIndex
  ) -> String? {
    let prefix = AdapterLayerIndex.textEncoderPrefix
    let own = changes.filter { $0.key.hasPrefix(prefix) }
    guard !own.isEmpty else { return nil }
    var hash = SHA256()
    for (path, change) in own.sorted(by: { $0.key < $1.key }) {
      hash.update("\(path) \(change.scale)\n".utf8)
    }
    for (name, tensor) in checkpoint.tensors.sorted(by: { $0.key < $1.key }) {
      guard let key = AdapterKey(name), let layer = index.layer(key.layer),
        layer.paths.allSatisfy({ $0.hasPrefix(prefix) })
      else { continue }
      hash.update("\(name) \(tensor.dtype.rawValue) \(tensor.shape)\n".utf8)
      hash.update(tensor.bytes(0..<tensor.byteCount))
    }
    return hash.finalize().hexadecimal
  }
}

extension AdapterLayerTensors {
  /// Adds the changes of the layer, or of each projection of a fused one.
  fileprivate func add(
    to changes: inout [String: LayerChange], shapes: [String: LayerShape],
    scales: inout ScaleResolver
  ) throws(Flux2Error) {
    guard let shape = layer.paths.first.flatMap({ shapes[$0] }) else { return }
    let change = try AdapterLayerChange(self, shape: shape)
    for (position, path) in layer.paths.enumerated() {
      guard changes[path] == nil else { throw failure("changes \(path) a second time") }
      let start = position * shape.outputs
      changes[path] = try change.part(
        of: path, rows: start..<start + shape.outputs, scales: &scales)
    }
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
    let json = folder + "/" + AdapterMetadata.fileName
    configuration =
      BoundedFile.exists(json) && (isOwn || !BoundedFile.exists(names[0])) ? json : nil
  }
}
