import Flux2
import Rendering

/// The report of a finished image.
struct RenderReport: Encodable {
  /// Seconds per stage; stages that did not run are absent.
  struct Timings: Encodable {
    let loading: Double
    let references: Double?
    let prompt: Double?
    let denoising: Double?
    let decoding: Double?
    let total: Double
  }

  let file: String
  let seed: UInt64
  let size: String
  let steps: Int
  let guidance: Double
  let lora: String
  let modelHash: String
  let timings: Timings
  let peakMemoryBytes: Int
  let warnings: [WarningReport]

  /// Describes an image.
  /// - Parameters:
  ///   - image: The image.
  ///   - file: The path it was written to.
  ///   - loadingSeconds: The time to load the model.
  ///   - totalSeconds: The time from start to end.
  init(_ image: RenderedImage, file: String, loadingSeconds: Double, totalSeconds: Double) {
    self.file = file
    let metadata = image.metadata
    seed = metadata.seed
    size = "\(metadata.size)"
    steps = metadata.stepCount
    guidance = metadata.guidanceScale
    lora = metadata.lora
    modelHash = metadata.modelHash
    let seconds = { (stage: PipelineStage) in
      image.timings.first { $0.stage == stage }?.seconds
    }
    timings = Timings(
      loading: loadingSeconds, references: seconds(.encodingReferences),
      prompt: seconds(.encodingPrompt), denoising: seconds(.denoising),
      decoding: seconds(.decoding), total: totalSeconds)
    peakMemoryBytes = SystemResources.peakResidentByteCount
    warnings = image.warnings.map(WarningReport.init)
  }

  /// The same as text.
  var line: String {
    "\(file): \(size), seed \(seed), \(TextFormat.duration(timings.total))"
  }
}

/// A warning as `--json` prints it.
struct WarningReport: Encodable {
  let code: String
  let message: String

  init(_ warning: RenderWarning) {
    code = warning.code
    message = warning.message
  }
}
