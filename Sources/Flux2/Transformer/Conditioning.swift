package import Tensors

/// What a render's denoising steps share: the embedded prompt and references, every token's angles, and
/// the adapters (spec §9.4).
package struct Conditioning: Sendable {
  /// The prompt's tokens, embedded, `[L, C]`.
  let text: Tensor
  /// The references' tokens, embedded, each `[N, C]`.
  let references: [Tensor]
  /// One row of angles for each token of `[text | image | references]`.
  package let rotary: RotaryTable
  let adapters: AdapterStack
}

extension Transformer {
  /// Prepares a render.
  /// - Parameters:
  ///   - prompt: The text encoder's hidden states, `[L, jointAttentionDim]`.
  ///   - grid: The tokens of the image to be made.
  ///   - references: The references' tokens, clean.
  ///   - adapters: The request's adapters.
  ///   - device: Where to compute.
  package func condition(
    prompt: Tensor, grid: TokenGrid, references: [ReferenceLatents], adapters: [WeightedAdapter],
    on device: Device
  ) -> Conditioning {
    let stack = AdapterStack(adapters)
    let positions =
      PositionID.text(length: prompt.rows) + PositionID.image(grid)
      + PositionID.references(references.map { $0.grid })
    return Conditioning(
      text: contextEmbedder(prompt, on: device, adapters: stack),
      references: references.map { imageEmbedder($0.tokens, on: device, adapters: stack) },
      rotary: RotaryTable(
        positions, axisDims: configuration.axisDims, base: configuration.ropeTheta),
      adapters: stack)
  }
}
