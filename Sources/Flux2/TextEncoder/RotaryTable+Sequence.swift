internal import Glibc
internal import Tensors

extension RotaryTable {
  /// The angles of consecutive positions, feature `j` forming a pair with `j + D/2` (spec §3).
  ///
  /// Frequencies and angles are single precision, as in the reference: unlike the transformer's.
  /// - Parameters:
  ///   - positionCount: Positions, from 0 on.
  ///   - headDim: Features of a head, `D`.
  ///   - base: Base of the frequencies.
  init(positionCount: Int, headDim: Int, base: Float) {
    let frequencies = (0..<headDim / 2).map { index in
      1 / powf(base, Float(2 * index) / Float(headDim))
    }
    let angles = (0..<positionCount).flatMap { position in
      frequencies.map { Float(position) * $0 }
    }
    let shape = [positionCount, frequencies.count]
    self.init(
      cosines: Tensor(shape: shape, elements: angles.map { cosf($0) }),
      sines: Tensor(shape: shape, elements: angles.map { sinf($0) }), pairing: .halves)
  }
}
