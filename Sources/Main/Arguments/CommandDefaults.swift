import Flux2
import Rendering

/// Ranges and defaults of commands' own options; help and the commands take them from here.
enum CommandDefaults {
  /// The dimensions of the model that `bench` measures with unless one is given.
  static let benchShape = ModelShape.tiny
  /// The size of the image that `bench` renders.
  static let benchSize = PixelSize(width: 256, height: 256)
  /// The denoising steps of the image that `bench` renders.
  static let benchStepCount = RenderDefaults.distilled.stepCount
  /// The allowed numbers of renders of `bench`.
  static let benchRunCounts = 1...100
  /// The renders of `bench`.
  static let benchRunCount = 3

  /// The precision that `model prepare` prepares for.
  static let preparedPrecision = PrecisionMode.int8
  /// The precisions in which there may be something to prepare.
  static let preparablePrecisions = [PrecisionMode.int8, .auto]
}
