public import Tensors

/// One reference image as the transformer sees it: clean tokens, in the normalised latent space.
///
/// A value that depends on the image alone, so that it can be kept and used again.
public struct ReferenceLatents: Sendable {
  /// `[N, C]`.
  public let tokens: Tensor
  /// How the tokens are arranged.
  public let grid: TokenGrid

  /// Wraps encoded tokens.
  package init(tokens: Tensor, grid: TokenGrid) {
    precondition(tokens.rows == grid.count, "\(tokens.shape) tokens for \(grid)")
    self.tokens = tokens
    self.grid = grid
  }
}
