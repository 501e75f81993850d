/// An image that was read from a file, and what of the file it does not show.
public struct DecodedImage: Sendable {
  /// The first frame, upright, on white.
  public let raster: Raster
  /// Frames of the file, of which the image is the first.
  public let frameCount: Int
  /// Whether white was put where the file shows nothing, or half shows something.
  public let isTransparent: Bool
}

/// One frame as it is stored, on white.
struct DecodedFrame {
  let raster: Raster
  var isTransparent = false

  /// A frame that covers its whole screen.
  init(_ raster: Raster, isTransparent: Bool = false) {
    self.raster = raster
    self.isTransparent = isTransparent
  }

  /// Composites straight RGBA on white.
  init(width: Int, height: Int, rgba: [UInt8]) {
    raster = Raster(width: width, height: height, compositingOnWhite: rgba)
    isTransparent = stride(from: 3, to: rgba.count, by: 4).contains { rgba[$0] < 255 }
  }

  /// Places the frame on a screen that is white elsewhere.
  func placed(x: Int, y: Int, onWidth width: Int, height: Int) -> DecodedFrame {
    DecodedFrame(
      Raster(placing: raster, x: x, y: y, onWhiteWidth: width, height: height),
      isTransparent: isTransparent || raster.width < width || raster.height < height)
  }
}
