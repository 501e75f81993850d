internal import Glibc
internal import Tensors

extension RotaryTable {
  /// The angles of tokens with positions on four axes: axis `a` turns `axisDims[a]` features of each
  /// head by `position · base^(-2k / axisDims[a])`, consecutive features forming a pair (spec §4.5).
  ///
  /// Angles, cosines and sines are computed in double precision: in single, the table is off by 3e-5 at
  /// position 511.
  /// - Parameters:
  ///   - positions: One for each token, text before image.
  ///   - axisDims: Features for each of T, H, W, L.
  ///   - base: Base of the frequencies.
  init(_ positions: [PositionID], axisDims: [Int], base: Double) {
    let frequencies = axisDims.map { width in
      (0..<width / 2).map { 1 / pow(base, Double(2 * $0) / Double(width)) }
    }
    let pairCount = frequencies.reduce(0) { $0 + $1.count }
    var cosines: [Float] = []
    var sines: [Float] = []
    cosines.reserveCapacity(positions.count * pairCount)
    sines.reserveCapacity(positions.count * pairCount)
    for position in positions {
      for (axis, coordinate) in position.axes.enumerated() {
        for frequency in frequencies[axis] {
          cosines.append(Float(cos(Double(coordinate) * frequency)))
          sines.append(Float(sin(Double(coordinate) * frequency)))
        }
      }
    }
    let shape = [positions.count, pairCount]
    self.init(
      cosines: Tensor(shape: shape, elements: cosines),
      sines: Tensor(shape: shape, elements: sines), pairing: .interleaved)
  }
}
