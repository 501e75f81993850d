public import Tensors

/// The residual stream of all tokens, with the angles, the device and the adapters that every block needs.
///
/// Text tokens come before image tokens, and the image being made before its references.
package struct JointStream: Sendable {
  /// Hidden states, `[L + N, C]`.
  package var hidden: Tensor
  /// Rows of the prompt.
  let text: Range<Int>
  /// Rows of the image being made, whose velocity the transformer predicts.
  let target: Range<Int>
  /// Rows of the image being made and its references.
  var image: Range<Int> { text.upperBound..<hidden.rows }
  /// One row of angles for each token.
  let rotary: RotaryTable
  /// The device that computes everything.
  let device: Device
  /// The arithmetic of attention's products.
  let precision: Precision
  /// The request's adapters.
  let adapters: AdapterStack

  /// Adds a branch to some rows: `hidden += gate · layer(x)`.
  mutating func add(
    _ x: some Matrix, through layer: AdaptedLinear, gate: Tensor, to rows: Range<Int>
  ) {
    let branch = layer(x, on: device, adapters: adapters)
    device.add(branch, gate: gate, to: &hidden, row: rows.lowerBound)
  }

  /// Returns some rows, normalised and modulated: `(1 + scale) · norm(hidden) + shift`.
  func modulated(_ rows: Range<Int>, by modulation: Modulation, epsilon: Float) -> Tensor {
    device.modulatedLayerNorm(
      hidden[rows: rows], shift: modulation.shift, scale: modulation.scale, epsilon: epsilon)
  }
}

/// The inputs of the transformer that do not change between the steps of a render: the embedded prompt and
/// references, every token's angles, and the adapters (spec §9.4).
package struct Conditioning: Sendable {
  /// The prompt's tokens, embedded, `[L, C]`.
  var text: Tensor
  /// The references' tokens, embedded, each `[N, C]`.
  let references: [Tensor]
  /// One row of angles for each token of `[text | image | references]`.
  package let rotary: RotaryTable
  let adapters: AdapterStack
  /// The modulation of the noise levels that are known ahead.
  let modulations: [Float: StepModulation]
}

/// The tokens of one reference image: clean, in the normalised latent space.
///
/// It depends on the image and its geometry alone, so that it can be cached.
public struct ReferenceLatents: Sendable {
  /// `[N, C]`.
  public let tokens: Tensor
  /// The arrangement of the tokens.
  public let grid: TokenGrid

  /// Wraps encoded tokens.
  package init(tokens: Tensor, grid: TokenGrid) {
    precondition(tokens.rows == grid.count, "\(tokens.shape) tokens for \(grid)")
    self.tokens = tokens
    self.grid = grid
  }
}
