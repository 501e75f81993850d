public import Flux2
public import Imaging

/// A finished image and what there is to say about it.
public struct RenderedImage: Sendable {
  /// The pixels.
  public let raster: Raster
  /// The same as a PNG file, which carries `metadata` unless that was not wanted.
  public let png: [UInt8]
  /// What made the image; with the same references it can be made again from this.
  public let metadata: RenderMetadata
  /// How long each stage took.
  public let timings: [StageTiming]
  /// What was asked for in vain.
  public var warnings: [RenderWarning] { metadata.warnings }

  package init(raster: Raster, png: [UInt8], metadata: RenderMetadata, timings: [StageTiming]) {
    self.raster = raster
    self.png = png
    self.metadata = metadata
    self.timings = timings
  }
}

/// What an image looks like after a denoising step, drawn only when asked for.
public struct StepPreview {
  private let draw: (_ blockDone: () throws -> Void) throws -> [UInt8]?

  package init(_ draw: @escaping (_ blockDone: () throws -> Void) throws -> [UInt8]?) {
    self.draw = draw
  }

  /// Draws the preview: cheap, and small as a PNG file.
  /// - Parameter blockDone: Called between the blocks of the work; ends it by throwing.
  /// - Returns: The file; nil where the image cannot be encoded, which is no reason to end a render.
  public func png(blockDone: () throws -> Void) throws -> [UInt8]? { try draw(blockDone) }
}
