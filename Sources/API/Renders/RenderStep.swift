/// How far a render has come.
public struct RenderStep {
  /// The denoising steps that are done; 0 before the first and between other stages.
  public let number: Int
  /// The steps of the render.
  public let count: Int
  /// Draws what the picture looks like so far, cheaply and small: a PNG file, or nil if there is no
  /// way to tell.
  public let preview: () -> [UInt8]?

  /// Describes a state.
  public init(number: Int, count: Int, preview: @escaping () -> [UInt8]? = { nil }) {
    self.number = number
    self.count = count
    self.preview = preview
  }
}
