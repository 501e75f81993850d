/// What happens to an order.
enum RenderEvent: Sendable {
  /// It waits its turn.
  case queued(position: Int, waitSeconds: Double)
  /// Its turn has come.
  case started
  /// A denoising step is done.
  case step(Int, of: Int)
  /// What the image looks like so far: a PNG file.
  case preview([UInt8], index: Int)
  /// The image: a PNG file.
  case finished([UInt8])
}
