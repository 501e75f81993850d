package import Imaging
package import Tensors

extension Raster {
  /// Larger references are scaled down to this many pixels (spec §9.1).
  package static let areaLimit = 1024 * 1024
  /// References whose short side is smaller are scaled up to it (the HTTP contract, §4).
  private static let shortestSide = 64
  /// The largest ratio of the sides of a reference (spec §9.1).
  package static let aspectLimit = 8

  /// Prepares a reference for the autoencoder: at most a megapixel, and cropped, never stretched, to whole
  /// tokens (spec §9.1).
  /// - Parameter pixelsPerToken: Pixels of a token's side; at most the shortest side, 64.
  /// - Throws: `Flux2Error` of the kind `request` for an image that is too long.
  package func asReference(pixelsPerToken: Int) throws(Flux2Error) -> Raster {
    let (width, height) = try referenceSize(pixelsPerToken: pixelsPerToken)
    return withinModelBounds().centreCropped(width: width, height: height)
  }

  /// Returns the size of the reference that `asReference(pixelsPerToken:)` makes, in pixels.
  func referenceSize(pixelsPerToken: Int) throws(Flux2Error) -> (Int, Int) {
    try checkAspect()
    let scaled = withinModelBounds()
    return (
      scaled.width / pixelsPerToken * pixelsPerToken,
      scaled.height / pixelsPerToken * pixelsPerToken
    )
  }

  /// Prepares a reference of a model with resolution buckets: scaled, never stretched, to cover the part of a
  /// geometry that is shown, cropped around its centre, and its border repeated where more is rendered.
  package func asReference(in geometry: ImageGeometry) -> Raster {
    let image = withinModelBounds()
    let (width, height) = (image.width, image.height)
    let scale = max(
      Double(geometry.shownWidth) / Double(width), Double(geometry.shownHeight) / Double(height))
    func scaled(_ side: Int, covering shown: Int) -> Int {
      max(Int((Double(side) * scale).rounded()), shown)
    }
    return image.resized(
      width: scaled(width, covering: geometry.shownWidth),
      height: scaled(height, covering: geometry.shownHeight)
    )
    .centreCropped(width: geometry.shownWidth, height: geometry.shownHeight)
    .bordered(width: geometry.renderedWidth, height: geometry.renderedHeight)
  }

  /// Refuses images that are too long to be references.
  func checkAspect() throws(Flux2Error) {
    guard max(width, height) <= Self.aspectLimit * min(width, height) else {
      throw Flux2Error(
        .request, "image",
        "\(width)x\(height), but one side may be at most \(Self.aspectLimit) times the other")
    }
  }

  /// Prepares the image at which a render starts: cropped as the reference that it also is, then scaled,
  /// never stretched, to cover the part of the geometry that is shown (spec §9.6).
  /// - Parameters:
  ///   - geometry: The geometry of the image asked for.
  ///   - pixelsPerToken: Pixels of a token's side, for a model that encodes references in their own size; nil
  ///     for one with resolution buckets, which encodes them in the geometry.
  package func asSource(of geometry: ImageGeometry, pixelsPerToken: Int?) throws(Flux2Error)
    -> Raster
  {
    guard let pixelsPerToken else { return asReference(in: geometry) }
    return try asReference(pixelsPerToken: pixelsPerToken).asReference(in: geometry)
  }

  /// Returns this image within the bounds of references, scaled up or down with its aspect kept.
  package func withinModelBounds() -> Raster { enlarged().withinAreaLimit() }

  /// Returns this image scaled down to the area limit, both sides truncated as in the reference.
  package func withinAreaLimit() -> Raster {
    guard width * height > Self.areaLimit else { return self }
    let scale = (Double(Self.areaLimit) / Double(width * height)).squareRoot()
    return resized(width: Int(Double(width) * scale), height: Int(Double(height) * scale))
  }

  /// Returns this image scaled up, its aspect kept, until the short side has its minimum of 64.
  private func enlarged() -> Raster {
    let short = min(width, height)
    guard short < Self.shortestSide else { return self }
    func scale(_ side: Int) -> Int { (side * Self.shortestSide + short / 2) / short }
    return resized(width: scale(width), height: scale(height))
  }

  /// Returns this image in the middle of a larger one, its outermost pixels repeated; `centreCropped`
  /// reverses it.
  private func bordered(width newWidth: Int, height newHeight: Int) -> Raster {
    guard newWidth > width || newHeight > height else { return self }
    let (left, top) = ((newWidth - width) / 2, (newHeight - height) / 2)
    var result: [UInt8] = []
    result.reserveCapacity(newWidth * newHeight * 3)
    for row in 0..<newHeight {
      let y = min(max(row - top, 0), height - 1)
      for column in 0..<newWidth {
        let x = min(max(column - left, 0), width - 1)
        result += pixels[(y * width + x) * 3..<(y * width + x) * 3 + 3]
      }
    }
    return Raster(width: newWidth, height: newHeight, pixels: result)
  }
}

extension Raster {
  /// The autoencoder's input: `2 · (value / 255) - 1`, `[H, W, 3]` (spec §9.1).
  package var features: Tensor {
    let levels = (0..<256).map { 2 * (Float($0) / 255) - 1 }
    return Tensor(shape: [height, width, 3], elements: pixels.map { levels[Int($0)] })
  }
}
