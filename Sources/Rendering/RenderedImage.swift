public import Flux2
public import Imaging

/// A finished image and what there is to say about it.
public struct RenderedImage: Sendable {
  /// The pixels.
  public let raster: Raster
  /// The same as a PNG file that carries `metadata`.
  public let png: [UInt8]
  /// What made the image; with the same references it can be made again from this.
  public let metadata: RenderMetadata
  /// How long each stage took.
  public let timings: [StageTiming]
  /// What was asked for in vain.
  public var warnings: [RenderWarning] { metadata.warnings }
}
