internal import Imaging

/// The tokens of an image that is to have a given size in pixels.
///
/// A size that is no multiple of the model's token is rendered at the next larger multiple and cropped
/// around its centre.
package struct Frame: Sendable, Equatable {
  /// Pixels asked for.
  let width: Int
  let height: Int
  /// Tokens that cover them.
  package let grid: TokenGrid
  /// Pixels that are rendered.
  let renderedWidth: Int
  let renderedHeight: Int

  /// Covers a size with tokens.
  package init(width: Int, height: Int, pixelsPerToken: Int) {
    self.width = width
    self.height = height
    grid = TokenGrid(
      rows: (height + pixelsPerToken - 1) / pixelsPerToken,
      columns: (width + pixelsPerToken - 1) / pixelsPerToken)
    renderedWidth = grid.columns * pixelsPerToken
    renderedHeight = grid.rows * pixelsPerToken
  }
}
