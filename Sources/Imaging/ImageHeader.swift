/// What a file says about its image before any pixel is decoded.
public struct ImageHeader: Sendable, Equatable {
  /// The format, from the file's first bytes.
  public let format: ImageFormat
  /// Columns of the upright image.
  public let width: Int
  /// Rows of the upright image.
  public let height: Int
  /// How the file stores the image; `width` and `height` already account for it.
  public let orientation: Orientation

  init(format: ImageFormat, storedWidth: Int, storedHeight: Int, orientation: Orientation) {
    self.format = format
    self.width = orientation.exchangesSides ? storedHeight : storedWidth
    self.height = orientation.exchangesSides ? storedWidth : storedHeight
    self.orientation = orientation
  }
}
