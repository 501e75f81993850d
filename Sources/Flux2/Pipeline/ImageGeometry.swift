import Imaging

/// The requested size of an image, the size rendered for it, and the part of that which is shown.
///
/// A size that is no multiple of the model's token is rendered at the next larger multiple and cropped
/// around its centre. A model with resolution buckets renders at one of them, and the crop is scaled.
package struct ImageGeometry: Sendable, Equatable {
  /// The requested size, in pixels.
  let width: Int
  let height: Int
  /// The tokens of the size rendered.
  package let grid: TokenGrid
  /// The size rendered, in pixels: whole tokens.
  let renderedWidth: Int
  let renderedHeight: Int
  /// The size of the centre crop of the size rendered, in pixels, that is scaled to the requested size.
  let shownWidth: Int
  let shownHeight: Int

  /// Covers a size with tokens.
  /// - Parameters:
  ///   - width: Pixels across.
  ///   - height: Pixels down.
  ///   - pixelsPerToken: Pixels that a token covers in each direction.
  ///   - bucket: The size to render, in whole tokens; nil to render the size itself.
  package init(width: Int, height: Int, pixelsPerToken: Int, bucket: ResolutionBucket? = nil) {
    self.width = width
    self.height = height
    grid = TokenGrid(
      rows: ((bucket?.height ?? height) + pixelsPerToken - 1) / pixelsPerToken,
      columns: ((bucket?.width ?? width) + pixelsPerToken - 1) / pixelsPerToken)
    renderedWidth = grid.columns * pixelsPerToken
    renderedHeight = grid.rows * pixelsPerToken
    let scale = bucket?.scale(covering: width, height) ?? 1
    func shown(_ side: Int, of rendered: Int) -> Int {
      min(max(Int((Double(side) / scale).rounded()), 1), rendered)
    }
    shownWidth = shown(width, of: renderedWidth)
    shownHeight = shown(height, of: renderedHeight)
  }

  /// Covers one of several references of a model with resolution buckets, in about as many pixels as the
  /// image being made has.
  init(
    reference width: Int, _ height: Int, pixelsPerToken: Int, buckets: [ResolutionBucket],
    besides image: ImageGeometry
  ) {
    self.init(
      width: width, height: height, pixelsPerToken: pixelsPerToken,
      bucket: .best(
        of: buckets, width: width, height: height, near: image.renderedPixelCount))
  }

  /// The number of pixels rendered.
  var renderedPixelCount: Int { renderedWidth * renderedHeight }

  /// Crops and scales a rendered image to the requested size.
  func image(from rendered: Raster) -> Raster {
    rendered.centreCropped(width: shownWidth, height: shownHeight)
      .resized(width: width, height: height)
  }
}
