import Tensors
import Weights

/// The tensors of one layer, gathered from an adapter file.
struct AdapterLayerTensors {
  typealias Role = AdapterKey.Role

  /// The layer's name in the file, without prefixes.
  let name: String
  /// The layer.
  let layer: KeyMapping
  /// The adapter's file, for messages.
  let file: String
  private var tensors: [Role: WeightTensor] = [:]

  init(name: String, layer: KeyMapping, file: String) {
    self.name = name
    self.layer = layer
    self.file = file
  }

  /// Adds a tensor; the same one twice, under prefixes that mean the same, is an error.
  mutating func add(_ tensor: WeightTensor, role: Role) throws(Flux2Error) {
    guard tensors[role] == nil else { throw failure("has the same matrix under two names") }
    guard role != .alpha else {
      tensors[role] = tensor
      return
    }
    guard let values = tensor.computable() else {
      throw failure("is stored as \(tensor.dtype.rawValue), which is not supported")
    }
    guard values.count > 0 else {
      throw failure("has an empty tensor \(tensor.shape)")
    }
    guard values.isFinite else { throw failure("holds values that are infinite or no numbers") }
    tensors[role] = values
  }

  /// Returns the error for tensors that do not fit.
  func failure(_ what: String) -> Flux2Error { Flux2Error(.adapter, file, "\(name) \(what)") }
}

/// The kinds of change, each from the tensors of its own.
extension AdapterLayerTensors {
  /// Returns `ΔW`; nil where the layer has none.
  func weight() throws(Flux2Error) -> WeightChange? {
    var found: [WeightChange] = []
    if let low = try product(.up, .down) { found.append(.matrix(low)) }
    if let whole = try matrix(.difference) { found.append(.matrix(.whole(whole))) }
    let left = try factor(.left, .leftUp, .leftDown)
    let right = try factor(.right, .rightUp, .rightDown)
    if left != nil || right != nil { found.append(try kronecker(left, right)) }
    if let hadamard = try hadamard() { found.append(.hadamard(hadamard)) }
    guard found.count < 2 else { throw failure("is changed in two ways at once") }
    return found.first
  }

  private func kronecker(
    _ left: MatrixFactor?, _ right: MatrixFactor?
  ) throws(Flux2Error) -> WeightChange {
    guard let left, let right else { throw failure("has only one of LoKr's two matrices") }
    let (rows, tooHigh) = left.rowCount.multipliedReportingOverflow(by: right.rowCount)
    let (_, tooWide) = left.columnCount.multipliedReportingOverflow(by: right.columnCount)
    guard !tooHigh, !tooWide else { throw failure("is changed by a matrix beyond all bounds") }
    return .kronecker(KroneckerProduct(left: left, right: right, rows: 0..<rows))
  }

  private func hadamard() throws(Flux2Error) -> HadamardProduct? {
    let (first, second) = (
      try product(.firstUp, .firstDown), try product(.secondUp, .secondDown)
    )
    guard first != nil || second != nil else { return nil }
    guard case .product(let up, let down)? = first, case .product(let other, let another)? = second
    else { throw failure("has only one of LoHa's two matrices") }
    guard up.shape == other.shape, down.shape == another.shape else {
      throw failure(
        "has matrices \(down.shape) and \(up.shape) beside \(another.shape) and \(other.shape)")
    }
    return HadamardProduct(first: (up, down), second: (other, another))
  }

  /// A matrix that is there whole or as a product.
  private func factor(
    _ whole: Role, _ up: Role, _ down: Role
  ) throws(Flux2Error) -> MatrixFactor? {
    guard let matrix = try matrix(whole) else { return try product(up, down) }
    guard tensors[up] == nil, tensors[down] == nil else {
      throw failure("has \(whole.rawValue) whole and as a product")
    }
    return .whole(matrix)
  }

  private func product(_ up: Role, _ down: Role) throws(Flux2Error) -> MatrixFactor? {
    let (first, second) = (try matrix(up), try matrix(down))
    guard first != nil || second != nil else { return nil }
    guard let up = first, let down = second else {
      throw failure("has only one of its two matrices")
    }
    guard down.shape[0] == up.shape[1], down.shape[0] <= max(up.shape[0], down.shape[1]) else {
      throw failure("has matrices \(down.shape) and \(up.shape)")
    }
    return .product(up: up, down: down)
  }

  /// A matrix `[D, C]`; 1x1 convolutions, `[D, C, 1, 1]`, are the same.
  private func matrix(_ role: Role) throws(Flux2Error) -> WeightTensor? {
    guard let tensor = tensors[role] else { return nil }
    guard tensor.shape.count >= 2, tensor.shape.dropFirst(2).allSatisfy({ $0 == 1 }) else {
      throw failure("has a tensor \(tensor.shape) that is no matrix")
    }
    return tensor.reshaped(Array(tensor.shape.prefix(2)))
  }

  /// The rows of a vector, such as `[D]` or `[D, 1]`.
  fileprivate func vector(_ role: Role, count: Int) throws(Flux2Error) -> [Float]? {
    guard let tensor = tensors[role] else { return nil }
    guard tensor.count == count, tensor.shape.first == count else {
      throw failure(
        "has \(tensor.shape) "
          + (role == .magnitude ? "magnitudes" : "biases") + " for \(count) output features")
    }
    return tensor.widened().elements
  }
}

/// The change of a whole layer, of which each of a fused layer's projections has its rows.
struct AdapterLayerChange {
  private let tensors: AdapterLayerTensors
  private let weight: WeightChange?
  /// The layer's own scale, if the file has an alpha for it.
  private let ownScale: Double?
  /// `r`; nil where no matrix is a product.
  private let rank: Int?
  /// The bias that is scaled as the matrices are.
  private let upBias: [Float]?
  /// The bias that is added as it is.
  private let biasDifference: [Float]?
  private let magnitudes: [Float]?

  /// Checks the tensors of a layer: their shapes fit each other and the layer.
  /// - Parameter shape: The shape of each of the layer's projections.
  init(_ tensors: AdapterLayerTensors, shape: LayerShape) throws(Flux2Error) {
    self.tensors = tensors
    let rows = shape.outputs * tensors.layer.paths.count
    var weight = try tensors.weight()
    if let weight, weight.columnCount != shape.inputs || weight.rowCount != rows {
      throw tensors.failure(
        "changes \(weight.rowCount) by \(weight.columnCount) features, the model has \(rows) by "
          + "\(shape.inputs)")
    }
    rank = weight?.rank
    ownScale = try tensors.ownScale(rank: weight?.rank)
    var vectors = try AdapterKey.Role.vectors.map { (role) throws(Flux2Error) in
      try tensors.vector(role, count: rows)
    }
    guard weight != nil || vectors.contains(where: { $0 != nil }) else {
      throw tensors.failure("has only one of its two matrices")
    }
    if tensors.layer.swapsHalves {
      if let change = weight {
        weight = change.swappingHalves()
        guard weight != nil else {
          throw tensors.failure("is a LoKr of an odd number of blocks, whose halves are none")
        }
      }
      vectors = vectors.map { $0.map { Array($0[(rows / 2)...] + $0[..<(rows / 2)]) } }
    }
    self.weight = weight
    (upBias, biasDifference, magnitudes) = (vectors[0], vectors[1], vectors[2])
  }

  /// Returns the change of one projection.
  /// - Parameters:
  ///   - path: Its path.
  ///   - rows: Its rows of the layer's.
  ///   - scales: Knows the scales of the file's configurations.
  func part(
    of path: String, rows: Range<Int>, scales: inout ScaleResolver
  ) throws(Flux2Error) -> LayerChange {
    let scale = Float(
      isScaled ? scales.scale(of: [path, tensors.name], rank: rank, own: ownScale) : 1)
    guard scale.isFinite else { throw tensors.failure("has a scale that is no number") }
    let biases = [upBias.map { $0.map { scale * $0 } }, biasDifference].compactMap { $0 }
    let bias = biases.first.map { first in
      Tensor(
        shape: [rows.count],
        elements: rows.map { row in biases.dropFirst().reduce(first[row]) { $0 + $1[row] } })
    }
    return LayerChange(
      weight: weight?.rows(rows), scale: scale, bias: bias,
      decomposition: magnitudes.map { WeightDecomposition(magnitudes: Array($0[rows])) })
  }

  /// True unless the file has every element of the change as it is to be added.
  private var isScaled: Bool {
    if case .matrix(.whole)? = weight { false } else { weight != nil }
  }
}

extension AdapterLayerTensors {
  /// The layer's own scale: `alpha / r`, and 1 of a LoKr without products, as in LyCORIS.
  fileprivate func ownScale(rank: Int?) throws(Flux2Error) -> Double? {
    guard let alpha = tensors[.alpha] else { return nil }
    guard let number = (alpha.computable() ?? alpha).number, number.isFinite else {
      throw failure("has an alpha \(alpha.shape) that is no number")
    }
    return rank.map { number / Double($0) } ?? 1
  }
}

extension AdapterKey.Role {
  /// The roles of vectors.
  fileprivate static let vectors: [Self] = [.upBias, .biasDifference, .magnitude]
}

extension WeightChange {
  /// `r`; nil where no matrix is a product.
  fileprivate var rank: Int? {
    switch self {
    case .matrix(let matrix): matrix.rank
    case .kronecker(let product): product.right.rank ?? product.left.rank
    case .hadamard(let product): product.rank
    }
  }
}
