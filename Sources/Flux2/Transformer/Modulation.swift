package import Tensors

/// What a block does to its normalised input and its output at one noise level.
package struct Modulation: Sendable {
  /// Added after scaling, `[C]`.
  package let shift: Tensor
  /// Scale is `1 + scale`, `[C]`.
  package let scale: Tensor
  /// Factor of the branch added to the residual stream, `[C]`.
  package let gate: Tensor

  /// Splits a projection of the noise level: each set is shift, scale, gate, in this order (spec §4.4).
  /// - Parameter features: `[1, 3C · sets]`.
  package static func sets(_ features: Tensor, hiddenSize: Int) -> [Modulation] {
    stride(from: 0, to: features.columns, by: 3 * hiddenSize).map { start in
      let parts = (0..<3).map { part in
        let range = start + part * hiddenSize..<start + (part + 1) * hiddenSize
        return Tensor(shape: [hiddenSize], elements: Array(features.elements[range]))
      }
      return Modulation(shift: parts[0], scale: parts[1], gate: parts[2])
    }
  }
}

/// The modulation of one step; all blocks share it, so it is computed once (spec §4.4).
package struct StepModulation: Sendable {
  /// Text stream of the double blocks: attention, then MLP.
  package var text: [Modulation]
  /// Image stream of the double blocks: attention, then MLP.
  package var image: [Modulation]
  /// The single blocks.
  package var single: Modulation
  /// The final norm's scale, `[C]`.
  package let outputScale: Tensor
  /// The final norm's shift, `[C]`.
  package let outputShift: Tensor
}
