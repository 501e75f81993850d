import Tensors
import Weights

/// The tensors of one layer, gathered from an adapter file.
struct LoRALayerTensors {
  /// The layer's name in the file, without prefixes.
  let name: String
  /// The layer.
  let layer: KeyMapping
  private(set) var down: WeightTensor?
  private(set) var up: WeightTensor?
  private(set) var alpha: WeightTensor?

  init(name: String, layer: KeyMapping) {
    self.name = name
    self.layer = layer
  }

  /// Adds a tensor; the same one twice, under prefixes that mean the same, is an error.
  mutating func add(
    _ tensor: WeightTensor, role: LoRAKey.Role, file: String
  ) throws(Flux2Error) {
    let known: WeightTensor?
    switch role {
    case .down: (known, down) = (down, tensor)
    case .up: (known, up) = (up, tensor)
    case .alpha: (known, alpha) = (alpha, tensor)
    }
    if known != nil { throw failure("has the same matrix under two names", file: file) }
  }

  /// Returns the error for tensors that do not fit.
  func failure(_ what: String, file: String) -> Flux2Error {
    Flux2Error(.adapter, file, "\(name) \(what)")
  }
}

/// Both matrices of a layer, checked: their shapes fit each other and their values are finite.
struct LoRALayerMatrices {
  private let tensors: LoRALayerTensors
  private let file: String
  private let down: WeightTensor
  private let up: WeightTensor
  private let rank: Int
  /// The layer's own scale, if the file has an alpha for it.
  private let scale: Double?

  /// Checks the tensors of a layer.
  init(_ tensors: LoRALayerTensors, file: String) throws(Flux2Error) {
    guard let down = tensors.down, let up = tensors.up else {
      throw tensors.failure("has only one of its two matrices", file: file)
    }
    guard down.dtype.isComputable, up.dtype.isComputable else {
      throw tensors.failure(
        "is stored as \(down.dtype.rawValue), which is not supported", file: file)
    }
    let swaps = tensors.layer.swapsHalves
    guard down.shape.count == 2, up.shape.count == 2, down.shape[0] == up.shape[1],
      down.shape[0] > 0, up.shape[0] % (swaps ? 2 : 1) == 0
    else {
      throw tensors.failure("has matrices \(down.shape) and \(up.shape)", file: file)
    }
    guard down.isFinite, up.isFinite else {
      throw tensors.failure("holds values that are infinite or no numbers", file: file)
    }
    self.tensors = tensors
    self.file = file
    self.down = down
    self.up = swaps ? up.swappingHalves() : up
    rank = down.shape[0]
    scale = try tensors.alpha.map { alpha throws(Flux2Error) in
      guard let number = alpha.number, number.isFinite else {
        throw tensors.failure("has an alpha \(alpha.shape) that is no number", file: file)
      }
      return number / Double(down.shape[0])
    }
  }

  /// Returns the change of one of a fused layer's projections: all of `A`, and that projection's rows of `B`.
  func pair(
    of path: String, at position: Int, shape: LayerShape, scales: inout ScaleResolver
  ) throws(Flux2Error) -> LoRAAdapter.Pair {
    let rows = shape.outputs * tensors.layer.paths.count
    guard down.shape[1] == shape.inputs, up.shape[0] == rows else {
      throw tensors.failure(
        "changes \(up.shape[0]) by \(down.shape[1]) features, the model has \(rows) by "
          + "\(shape.inputs)", file: file)
    }
    let start = position * shape.outputs
    let scale = Float(scales.scale(of: [path, tensors.name], rank: rank, own: scale))
    guard scale.isFinite else { throw tensors.failure("has a scale that is no number", file: file) }
    return LoRAAdapter.Pair(
      down: down, up: up.rows(start..<start + shape.outputs),
      scale: scale)
  }
}

/// A parsed tensor name of an adapter file (spec §10).
struct LoRAKey: Equatable {
  /// The role of a tensor in its layer.
  enum Role: Equatable {
    /// `A`, into the low rank.
    case down
    /// `B`, out of the low rank.
    case up
    /// Numerator of the layer's own scale.
    case alpha
  }

  /// The layer in some program's spelling, without the prefixes that programs put before it.
  let layer: String
  /// The role of the tensor in the layer.
  let role: Role

  /// Endings of names; PEFT, old diffusers, kohya and ai-toolkit each have their own.
  private static let endings: [(String, Role)] = [
    (".lora_A.weight", .down), (".lora_A.default.weight", .down), (".lora_down.weight", .down),
    (".lora.down.weight", .down),
    (".lora_B.weight", .up), (".lora_B.default.weight", .up), (".lora_up.weight", .up),
    (".lora.up.weight", .up),
    (".alpha", .alpha),
  ]

  /// Beginnings of names that stand for a program or for one of its models.
  private static let prefixes = [
    "base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.",
    "lora_unet_", "lora_transformer_",
  ]

  /// Parses a name; nil when its ending is not known.
  init?(_ name: String) {
    guard let (ending, role) = Self.endings.first(where: { name.hasSuffix($0.0) }) else {
      return nil
    }
    var layer = name.dropLast(ending.count)
    while let prefix = Self.prefixes.first(where: { layer.hasPrefix($0) }) {
      layer = layer.dropFirst(prefix.count)
    }
    // Some exports cut the first letters off this one name.
    self.layer = (layer.hasPrefix("sformer_blocks.") ? "tran" : "") + layer
    self.role = role
  }
}

/// Finds a layer by any of the spellings that adapter files use (spec §10).
struct LoRALayerIndex {
  /// The layers by the spellings of diffusers and of BFL, each with dots and with underscores.
  private let layers: [String: KeyMapping]

  /// Lists the spellings of a transformer's layers.
  init(_ configuration: TransformerConfiguration) {
    var layers: [String: KeyMapping] = [:]
    for spelling in KeyMapping.all(
      doubleBlockCount: configuration.doubleBlockCount,
      singleBlockCount: configuration.singleBlockCount)
    {
      layers[spelling.original] = spelling
      for path in spelling.paths { layers[path] = KeyMapping(path, path) }
    }
    for (name, spelling) in layers {
      layers[String(name.map { $0 == "." ? "_" : $0 })] = spelling
    }
    self.layers = layers
  }

  /// Returns the layer of a name without prefixes; nil if the transformer has none.
  func layer(_ name: String) -> KeyMapping? { layers[name] }
}
