package import Imaging

extension Raster {
  /// Larger references are scaled down to this many pixels (spec §9.1).
  package static let areaLimit = 1024 * 1024
  /// References whose short side is smaller are scaled up to it (the HTTP contract, §4).
  private static let shortestSide = 64
  /// How many times longer than the other one side of a reference may be (spec §9.1).
  package static let aspectLimit = 8

  /// This image as the autoencoder sees a reference: at most a megapixel, and cropped, never stretched,
  /// to whole tokens (spec §9.1).
  /// - Parameter pixelsPerToken: At most the shortest side, 64.
  package func asReference(pixelsPerToken: Int) throws(Flux2Error) -> Raster {
    try checkAspect()
    let scaled = withinModelBounds()
    return scaled.centreCropped(
      width: scaled.width / pixelsPerToken * pixelsPerToken,
      height: scaled.height / pixelsPerToken * pixelsPerToken)
  }

  /// This image as a model with native sizes sees a reference: scaled, never stretched, to cover what a
  /// geometry shows, cropped around its centre, and its border repeated where more is rendered.
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

  /// This image as a render's starting point: cut as the reference that it also is, then scaled, never
  /// stretched, to cover what is shown of the size asked for (spec §9.6).
  /// - Parameters:
  ///   - geometry: The tokens of the image asked for.
  ///   - pixelsPerToken: That of a model which sees references in their own size; nil of one with native
  ///     sizes, which sees them in the geometry.
  package func asSource(of geometry: ImageGeometry, pixelsPerToken: Int?) throws(Flux2Error)
    -> Raster
  {
    guard let pixelsPerToken else { return asReference(in: geometry) }
    return try asReference(pixelsPerToken: pixelsPerToken).asReference(in: geometry)
  }

  /// Neither too small nor larger than models look at, its aspect kept.
  package func withinModelBounds() -> Raster { enlarged().withinAreaLimit() }

  /// Scaled down to the area limit, both sides truncated as in the reference.
  package func withinAreaLimit() -> Raster {
    guard width * height > Self.areaLimit else { return self }
    let scale = (Double(Self.areaLimit) / Double(width * height)).squareRoot()
    return resized(width: Int(Double(width) * scale), height: Int(Double(height) * scale))
  }

  /// This image scaled up, its aspect kept, until the short side has its minimum of 64.
  private func enlarged() -> Raster {
    let short = min(width, height)
    guard short < Self.shortestSide else { return self }
    func scale(_ side: Int) -> Int { (side * Self.shortestSide + short / 2) / short }
    return resized(width: scale(width), height: scale(height))
  }

  /// Larger by copies of the outermost pixels, this image in the middle: undone by `centreCropped`.
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
