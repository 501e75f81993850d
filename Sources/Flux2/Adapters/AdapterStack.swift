import Tensors

/// An adapter with the strength that one request gives it.
public struct WeightedAdapter: Sendable {
  /// The adapter.
  public let adapter: Adapter
  /// The factor of the change; 0 leaves the base model byte for byte, negative values invert the change.
  public let strength: Float

  /// Gives an adapter a strength.
  public init(adapter: Adapter, strength: Float) {
    self.adapter = adapter
    self.strength = strength
  }
}

extension [WeightedAdapter] {
  /// Identifies what they change of the text encoder; empty where that is nothing.
  var textEncoderIdentity: String {
    compactMap { weighted in
      weighted.strength == 0
        ? nil : weighted.adapter.textEncoderIdentity.map { "\($0) \(weighted.strength)" }
    }.joined(separator: "\n")
  }
}

/// The adapters of one request, looked up by the path of a linear layer.
///
/// Requests that run at the same time have one each.
package struct AdapterStack: Sendable {
  private let layers: [String: LayerAdapters]

  /// Collects the adapters of strength other than 0; their order is the order of addition.
  package init(_ adapters: [WeightedAdapter] = []) {
    var layers: [String: LayerAdapters] = [:]
    for weighted in adapters where weighted.strength != 0 {
      for (path, change) in weighted.adapter.changes {
        layers[path, default: LayerAdapters()].append(change, strength: weighted.strength)
      }
    }
    self.layers = layers
  }

  /// Returns the changes of a layer; nil where there is none.
  subscript(path: String) -> LayerAdapters? { layers[path] }
}

/// The changes of one layer by the adapters of a request.
struct LayerAdapters: Sendable {
  /// A change with its strength.
  private struct Change {
    /// `ΔW`; nil where only the lengths of rows change.
    let weight: WeightChange?
    /// The file's factor times the strength.
    let scale: Float
    /// The factors of a DoRA's rows, `[D]`; nil for other changes.
    let gains: Tensor?
  }

  private var changes: [Change] = []
  /// The sum of the biases, `[D]`.
  private var bias: Tensor?

  /// The factors of the layer's own product, `1 + Σ (g - 1)`, `[D]`; nil where no change has gains.
  private var ownGains: Tensor? {
    changes.compactMap(\.gains).reduce(nil) { sum, gains in
      let known = sum?.elements ?? Array(repeating: 1, count: gains.elements.count)
      return Tensor(
        shape: gains.shape, elements: zip(known, gains.elements).map { $0 + ($1 - 1) })
    }
  }

  /// Rows of the input that are multiplied at once where three products lie side by side.
  private static let chunkRows = 256

  /// Adds an adapter's change.
  fileprivate mutating func append(_ change: LayerChange, strength: Float) {
    let scale = change.scale * strength
    if change.weight != nil || change.decomposition != nil {
      changes.append(
        Change(
          weight: change.weight, scale: scale, gains: change.decomposition?.gains(scale: scale)))
    }
    guard let more = change.bias else { return }
    let known = bias?.elements ?? Array(repeating: 0, count: more.elements.count)
    bias = Tensor(
      shape: more.shape, elements: zip(known, more.elements).map { $0 + strength * $1 })
  }

  /// Returns the changes of some of the layer's outputs.
  private func rows(_ range: Range<Int>) -> LayerAdapters {
    var part = LayerAdapters()
    part.bias = bias.map { $0.elements(range) }
    part.changes = changes.map { change in
      Change(
        weight: change.weight?.rows(range), scale: change.scale,
        gains: change.gains.map { $0.elements(range) })
    }
    return part
  }

  /// Projects every row with the changed weight into a rectangle of an existing tensor:
  /// `y[row…, column…] = (accumulate ? y : 0) + x · W'ᵀ + b'`.
  /// - Parameters:
  ///   - x: `[N, C]`.
  ///   - weight: `W`, of the outputs that are computed.
  ///   - outputs: These outputs; nil for all.
  func write(
    _ x: some Matrix, _ weight: WeightTensor, outputs: Range<Int>?, accumulate: Bool,
    into y: inout Tensor, row: Int, column: Int, on device: Device
  ) {
    let part = outputs.map { rows($0) } ?? self
    guard let ownGains = part.ownGains else {
      // The first change costs no pass over inputs and outputs of its own where it can be taken along.
      let along = part.changes.first.flatMap { $0.weight?.lowRank(scale: $0.scale) }
      device.linear(
        x, weight, bias: part.bias, accumulate: accumulate, change: along, into: &y, row: row,
        column: column)
      for change in part.changes.dropFirst(along == nil ? 0 : 1) {
        change.weight?.add(
          x, scale: change.scale, to: &y, row: row, column: column, on: device)
      }
      return
    }
    let count = x.view.rows.count
    for start in stride(from: 0, to: count, by: Self.chunkRows) {
      let chunk = x.view.rows(start..<min(start + Self.chunkRows, count))
      y.add(
        part.decomposed(chunk, weight, ownGains: ownGains, on: device).view, accumulate: accumulate,
        row: row + start, column: column)
    }
  }

  /// Projects with rows of other lengths: `(1 + Σ (g - 1)) · W x + Σ g · s · ΔW x + b`.
  private func decomposed(
    _ x: TensorView, _ weight: WeightTensor, ownGains: Tensor, on device: Device
  ) -> Tensor {
    let base = device.linear(x, weight)
    let row = bias?.elements ?? Array(repeating: 0, count: base.columns)
    var sum = Tensor(
      shape: base.shape, elements: Array((0..<base.rows).map { _ in row }.joined()))
    device.add(base, gate: ownGains, to: &sum)
    for change in changes {
      var branch = Tensor(zeros: base.shape)
      change.weight?.add(x, scale: change.scale, to: &branch, on: device)
      device.add(branch, gate: change.gains, to: &sum)
    }
    return sum
  }
}

extension Tensor {
  /// Some elements of a vector.
  fileprivate func elements(_ range: Range<Int>) -> Tensor {
    Tensor(shape: [range.count], elements: Array(elements[range]))
  }
}

/// A change of the transformer that a model brings for its last steps.
///
/// At low noise the task is another one, details rather than composition. Steps at
/// higher noise stay as they are, bit for bit, and the last ones pay for it: 3 to 5 % of the time that
/// twenty steps of the embedded model take.
/// - Note: Balaji et al., *eDiff-I: Text-to-Image Diffusion Models with an Ensemble of Expert Denoisers*,
///   arXiv:2211.01324; here the expert is a low-rank change, not a second network.
package struct LowNoiseExpert: Sendable {
  /// The change, applied at strength 1.
  package let adapter: Adapter
  /// The noise level below which it is applied, in 0…1.
  package let boundary: Float
}
