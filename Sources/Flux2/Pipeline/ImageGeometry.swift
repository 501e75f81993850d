internal import Imaging

/// The tokens of an image that is to have a given size in pixels.
///
/// A size that is no multiple of the model's token is rendered at the next larger multiple and cropped
/// around its centre. A model with native sizes renders at one of them, and the crop is scaled.
package struct ImageGeometry: Sendable, Equatable {
  /// Pixels asked for.
  let width: Int
  let height: Int
  /// Tokens that cover them.
  package let grid: TokenGrid
  /// Pixels that are rendered.
  let renderedWidth: Int
  let renderedHeight: Int
  /// Pixels around the centre of those that show what was asked for.
  let shownWidth: Int
  let shownHeight: Int

  /// Covers a size with tokens.
  /// - Parameters:
  ///   - width: Pixels across.
  ///   - height: Pixels down.
  ///   - pixelsPerToken: Pixels that a token covers in each direction.
  ///   - native: What is rendered, in whole tokens, if not the size itself.
  package init(width: Int, height: Int, pixelsPerToken: Int, native: ResolutionBucket? = nil) {
    self.width = width
    self.height = height
    grid = TokenGrid(
      rows: ((native?.height ?? height) + pixelsPerToken - 1) / pixelsPerToken,
      columns: ((native?.width ?? width) + pixelsPerToken - 1) / pixelsPerToken)
    renderedWidth = grid.columns * pixelsPerToken
    renderedHeight = grid.rows * pixelsPerToken
    let scale = native?.scale(covering: width, height) ?? 1
    func shown(_ side: Int, of rendered: Int) -> Int {
      min(max(Int((Double(side) / scale).rounded()), 1), rendered)
    }
    shownWidth = shown(width, of: renderedWidth)
    shownHeight = shown(height, of: renderedHeight)
  }

  /// Covers one of several references of a model with native sizes.
  init(
    reference width: Int, _ height: Int, pixelsPerToken: Int, sizes: [ResolutionBucket],
    besides image: ImageGeometry
  ) {
    self.init(
      width: width, height: height, pixelsPerToken: pixelsPerToken,
      native: .best(
        of: sizes, width: width, height: height, near: image.renderedPixelCount))
  }

  /// Pixels that are rendered, in all.
  var renderedPixelCount: Int { renderedWidth * renderedHeight }

  /// Cuts what was asked for out of what was rendered.
  func image(from rendered: Raster) -> Raster {
    rendered.centreCropped(width: shownWidth, height: shownHeight)
      .resized(width: width, height: height)
  }
}
