/// A file whose structure has been checked from end to end and whose pixels are still packed.
protocol StoredImage {
  var format: ImageFormat { get }
  /// Columns as stored, before the orientation is applied.
  var width: Int { get }
  /// Rows as stored, before the orientation is applied.
  var height: Int { get }
  var orientation: Orientation { get }
  /// Images that the file shows one after another.
  var frameCount: Int { get }

  /// Refuses what only this format can ask too much of.
  func checkCost(_ limits: ImageLimits) throws(ImagingError)

  /// Decodes the first frame as it is stored, alpha composited on white.
  ///
  /// The size must have been checked.
  func decode() throws(ImagingError) -> DecodedFrame
}

extension StoredImage {
  var frameCount: Int { 1 }

  func checkCost(_ limits: ImageLimits) throws(ImagingError) {}
}
