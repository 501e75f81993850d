internal import Tensors
package import Weights

/// Opens the single files that people have from the original release and from ComfyUI, and gives their
/// tensors the names that diffusers uses (spec §10, §11).
///
/// Nothing is copied but the one small matrix whose halves the spellings store in different order. A file
/// that is already in diffusers' spelling passes through. What no rule names keeps its name, so that the
/// model that reads the tensors reports it.
package enum SingleFile {
  /// The denoising transformer.
  package static func transformer(file: String) throws(Flux2Error) -> Checkpoint {
    try transformer(open(file))
  }

  /// The autoencoder.
  package static func autoencoder(file: String) throws(Flux2Error) -> Checkpoint {
    try autoencoder(open(file))
  }

  /// The Qwen3 text encoder.
  package static func textEncoder(file: String) throws(Flux2Error) -> Checkpoint {
    try textEncoder(open(file))
  }

  /// Respells a text encoder: its names have some prefix, or none, where transformers has `model.`.
  package static func textEncoder(_ checkpoint: Checkpoint) throws(Flux2Error) -> Checkpoint {
    let anchor = "layers.0.self_attn.q_norm.weight"
    let own = try strip(checkpoint, beside: [anchor], kind: "Qwen3 text encoder")
    // A file in transformers' own spelling may have an output head beside `model.`.
    guard checkpoint.tensors["model.\(anchor)"] == nil else { return checkpoint }
    let tensors = own.tensors.map { ("model.\($0.key)", $0.value) }
    return own.replacing(Dictionary(tensors) { first, _ in first })
  }

  /// Leaves the part of the file that one component takes up, without the prefix that a file with
  /// several components puts before its names.
  /// - Parameters:
  ///   - checkpoint: The file.
  ///   - anchors: Names, one of which every such component has.
  ///   - kind: What messages call the component.
  static func strip(
    _ checkpoint: Checkpoint, beside anchors: [String], kind: String
  ) throws(Flux2Error) -> Checkpoint {
    let found = checkpoint.tensors.keys.compactMap { name -> String? in
      anchors.first { name == $0 || name.hasSuffix(".\($0)") }
        .map { String(name.dropLast($0.count)) }
    }
    guard let prefix = found.min(by: { ($0.count, $0) < ($1.count, $1) }) else {
      throw Flux2Error(
        .weights, checkpoint.name, "holds no \(kind): it has no tensor \(anchors[0])")
    }
    let tensors = checkpoint.tensors.filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    let own = checkpoint.replacing(Dictionary(tensors) { first, _ in first })
    try refuseQuantised(own)
    return own
  }

  /// Quantised files have names and shapes of their own; without their scales they would render noise.
  private static func refuseQuantised(_ checkpoint: Checkpoint) throws(Flux2Error) {
    let quantised = checkpoint.tensors.filter { _, tensor in
      !tensor.dtype.isComputable && tensor.count > 1
    }
    guard let (name, tensor) = quantised.min(by: { $0.key < $1.key }) else { return }
    throw Flux2Error(
      .weights, checkpoint.name,
      "\(name) is stored as \(tensor.dtype.rawValue): quantised files are not supported, "
        + "take the one in bfloat16")
  }

  private static func open(_ file: String) throws(Flux2Error) -> Checkpoint {
    do {
      return try Checkpoint.open(file: file)
    } catch {
      throw Flux2Error(.weights, error.file, error.detail)
    }
  }
}

extension Checkpoint {
  /// The same file with other tensors.
  func replacing(_ tensors: [String: WeightTensor]) -> Checkpoint {
    Checkpoint(tensors: tensors, name: name, metadata: metadata)
  }

  /// How many blocks there are: `n` when the names contain `<prefix>.0.` … `<prefix>.<n-1>.`.
  ///
  /// Counted upwards, so that a file cannot ask for more blocks than it has names.
  func blockCount(_ prefix: String) -> Int {
    let indices = Set(
      tensors.keys.compactMap { name -> Int? in
        guard name.hasPrefix("\(prefix).") else { return nil }
        return Int(name.dropFirst(prefix.count + 1).prefix { $0 != "." })
      })
    return (0...indices.count).first { !indices.contains($0) } ?? 0
  }
}
