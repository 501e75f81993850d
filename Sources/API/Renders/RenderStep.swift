/// How far a render has come.
public struct RenderStep {
  /// Draws a preview; calls what it is given between the blocks of its work, and throws what that
  /// throws.
  public typealias Preview = (_ check: () throws -> Void) throws -> [UInt8]?

  /// The denoising step that has just been done; 0 at any other point of a render.
  public let number: Int
  /// The steps of the render.
  public let count: Int
  /// How much of the image's decoding is done, 0…1.
  public let decoded: Double
  /// Draws what the image looks like so far, cheaply and small: a PNG file, or nil if there is no
  /// way to tell.
  public let preview: Preview

  /// Describes a state.
  public init(
    number: Int, count: Int, decoded: Double = 0, preview: @escaping Preview = { _ in nil }
  ) {
    self.number = number
    self.count = count
    self.decoded = decoded
    self.preview = preview
  }
}
