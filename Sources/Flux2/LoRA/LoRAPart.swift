internal import Tensors
internal import Weights

/// The tensors that an adapter file has for one layer, as far as they have been seen.
struct LoRAPart {
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

  /// Notes a tensor; the same one twice, under prefixes that mean the same, is an error.
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

  /// The error for tensors that do not fit.
  func failure(_ what: String, file: String) -> Flux2Error {
    Flux2Error(.adapter, file, "\(name) \(what)")
  }
}

/// Both matrices of a layer, with shapes that fit each other.
struct CompletePart {
  private let part: LoRAPart
  private let file: String
  private let down: WeightTensor
  private let up: WeightTensor
  private let rank: Int
  /// The layer's own scale, if the file has an alpha for it.
  private let scale: Double?

  /// Checks what was gathered.
  init(_ part: LoRAPart, file: String) throws(Flux2Error) {
    guard let down = part.down, let up = part.up else {
      throw part.failure("has only one of its two matrices", file: file)
    }
    guard down.dtype.isComputable, up.dtype.isComputable else {
      throw part.failure(
        "is stored as \(down.dtype.rawValue), which is not supported", file: file)
    }
    let swaps = part.layer.swapsHalves
    guard down.shape.count == 2, up.shape.count == 2, down.shape[0] == up.shape[1],
      down.shape[0] > 0, up.shape[0] % (swaps ? 2 : 1) == 0
    else {
      throw part.failure("has matrices \(down.shape) and \(up.shape)", file: file)
    }
    guard down.isFinite, up.isFinite else {
      throw part.failure("holds values that are infinite or no numbers", file: file)
    }
    self.part = part
    self.file = file
    self.down = down
    self.up = swaps ? up.swappingHalves() : up
    rank = down.shape[0]
    scale = try part.alpha.map { alpha throws(Flux2Error) in
      guard let number = alpha.number, number.isFinite else {
        throw part.failure("has an alpha \(alpha.shape) that is no number", file: file)
      }
      return number / Double(down.shape[0])
    }
  }

  /// The change of one of the layer's projections: all of `A`, and that projection's rows of `B`.
  func pair(
    of path: String, at position: Int, shape: LayerShape, scales: inout ScaleSources
  ) throws(Flux2Error) -> LoRAAdapter.Pair {
    let rows = shape.outputs * part.layer.paths.count
    guard down.shape[1] == shape.inputs, up.shape[0] == rows else {
      throw part.failure(
        "changes \(up.shape[0]) by \(down.shape[1]) features, the model has \(rows) by "
          + "\(shape.inputs)", file: file)
    }
    let start = position * shape.outputs
    let scale = Float(scales.scale(of: [path, part.name], rank: rank, own: scale))
    guard scale.isFinite else { throw part.failure("has a scale that is no number", file: file) }
    return LoRAAdapter.Pair(
      down: down, up: up.rows(start..<start + shape.outputs),
      scale: scale)
  }
}
