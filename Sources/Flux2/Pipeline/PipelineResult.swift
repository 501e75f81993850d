public import Imaging

/// A finished render.
public struct PipelineResult: Sendable {
  /// The image, of the size asked for.
  public let raster: Raster
  /// How long each stage took, in the order they ran; stages that were not needed are absent.
  public let timings: [StageTiming]
}
