import Tensors

/// The magnitudes of a DoRA: each row of the changed weight keeps its direction and gets a length of its own,
/// `W' = m · (W + s · ΔW) / ‖W + s · ΔW‖`.
///
/// `s` is the file's scale times the request's strength, as in PEFT, so that the length of a row depends on the
/// strength. Three sums for each row, which do not depend on it, are measured once.
/// - Note: Liu et al., *DoRA: Weight-Decomposed Low-Rank Adaptation*, arXiv:2402.09353, equation 5.
package struct WeightDecomposition: Sendable {
  /// The sums over a row's elements.
  private struct RowSums {
    /// `‖W‖²`.
    var base = 0.0
    /// `W · ΔW`.
    var mixed = 0.0
    /// `‖ΔW‖²`.
    var change = 0.0
  }

  /// Rows that are read at once.
  private static let tileRows = 64

  /// `m`, `[D]`.
  package let magnitudes: [Float]
  private var sums: [RowSums] = []

  /// - Parameter magnitudes: A length for each row.
  init(magnitudes: [Float]) { self.magnitudes = magnitudes }

  /// Reads all rows of a layer and of its change.
  /// - Parameters:
  ///   - change: `ΔW`; nil where only magnitudes are stored.
  ///   - weight: `W`, `[D, C]`, as it is stored.
  mutating func measure(
    _ change: WeightChange?, against weight: WeightTensor, on device: Device
  ) {
    let reader = change?.rowReader(on: device)
    sums = []
    sums.reserveCapacity(magnitudes.count)
    for start in stride(from: 0, to: magnitudes.count, by: Self.tileRows) {
      let range = start..<min(start + Self.tileRows, magnitudes.count)
      let rows = weight.rows(range).widened()
      let changes = reader?(range)
      for row in 0..<range.count {
        let elements = row * rows.columns..<(row + 1) * rows.columns
        sums.append(Self.sums(rows.elements[elements], changes?.elements[elements]))
      }
    }
  }

  private static func sums(_ weights: ArraySlice<Float>, _ changes: ArraySlice<Float>?) -> RowSums {
    var sums = RowSums()
    for weight in weights { sums.base += Double(weight) * Double(weight) }
    guard let changes else { return sums }
    for (weight, change) in zip(weights, changes) {
      sums.mixed += Double(weight) * Double(change)
      sums.change += Double(change) * Double(change)
    }
    return sums
  }

  /// Returns the factor of each changed row, `m / ‖W + s · ΔW‖`, `[D]`; 0 for a row that is 0.
  /// - Precondition: The rows were measured.
  func gains(scale: Float) -> Tensor {
    precondition(sums.count == magnitudes.count, "magnitudes without their rows")
    let scale = Double(scale)
    let gains = zip(magnitudes, sums).map { magnitude, sums -> Float in
      let square = sums.base + 2 * scale * sums.mixed + scale * scale * sums.change
      return square > 0 ? Float(Double(magnitude) / square.squareRoot()) : 0
    }
    return Tensor(shape: [gains.count], elements: gains)
  }
}
