package import Tensors

/// The residual stream of a render's tokens on its way through the blocks, with what every block needs
/// beside it.
///
/// Text tokens come before image tokens, and the image being made before its references.
package struct JointStream: Sendable {
  /// Hidden states, `[L + N, C]`.
  package var hidden: Tensor
  /// Rows of the prompt.
  let text: Range<Int>
  /// Rows of the image being made: what the transformer is asked for.
  let target: Range<Int>
  /// Rows of the image being made and its references.
  var image: Range<Int> { text.upperBound..<hidden.rows }
  /// One row of angles for each token.
  let rotary: RotaryTable
  /// Where to compute.
  let device: Device
  /// The request's adapters.
  let adapters: AdapterStack

  /// Adds a branch to some rows: `hidden += gate · projection(x)`.
  mutating func add(
    _ x: some Matrix, through projection: LoRALinear, gate: Tensor, to rows: Range<Int>
  ) {
    let branch = projection(x, on: device, adapters: adapters)
    device.add(branch, gate: gate, to: &hidden, row: rows.lowerBound)
  }

  /// Some rows, normalised and modulated: `(1 + scale) · norm(hidden) + shift`.
  func modulated(_ rows: Range<Int>, by modulation: Modulation, epsilon: Float) -> Tensor {
    device.modulatedLayerNorm(
      hidden[rows: rows], shift: modulation.shift, scale: modulation.scale, epsilon: epsilon)
  }
}
