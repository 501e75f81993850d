import Flux2
import JSON
import Rendering
import Tensors

/// The report of a finished image.
struct RenderReport {
  /// The image.
  let image: RenderedImage
  /// The path it was written to.
  let file: String
  /// The arithmetic of the large products, and why it was chosen.
  let precision: PrecisionChoice
  /// The provider of the large products.
  let products: ProductChoice
  /// The time to load the model.
  let loadingSeconds: Double
  /// The time from start to end.
  let totalSeconds: Double

  /// The report as `--json` prints it.
  var json: JSONValue {
    let metadata = image.metadata
    return .object(
      present: [
        ("file", .string(file)), ("seed", .integer(metadata.seed)),
        ("size", .string("\(metadata.size)")),
        ("steps", .integer(metadata.stepCount)), ("guidance", .number(metadata.guidanceScale)),
      ] + metadata.loraMembers + [
        ("model_hash", .string(metadata.modelHash)),
        ("precision", .string(precision.precision.rawValue)),
        ("precision_reason", .string(precision.reason)),
        ("products", .string(products.provider(in: precision.precision).rawValue)),
        ("products_reason", .string(products.description(in: precision.precision))),
        ("timings", timings),
        ("peak_memory_bytes", .integer(SystemResources.peakResidentByteCount)),
        ("warnings", .array(image.warnings.map(\.json))),
      ])
  }

  /// Seconds per stage; stages that did not run are absent.
  private var timings: JSONValue {
    let seconds = { (stage: PipelineStage) -> JSONValue? in
      image.timings.first { $0.stage == stage }.map { .number($0.seconds) }
    }
    return .object(present: [
      ("loading", .number(loadingSeconds)), ("references", seconds(.encodingReferences)),
      ("prompt", seconds(.encodingPrompt)), ("denoising", seconds(.denoising)),
      ("decoding", seconds(.decoding)), ("total", .number(totalSeconds)),
    ])
  }

  /// The same as text.
  var line: String {
    let metadata = image.metadata
    return "\(file): \(metadata.size), seed \(metadata.seed), \(TextFormat.duration(totalSeconds))"
  }
}
