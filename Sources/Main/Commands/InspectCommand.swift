import FoundationEssentials
import Imaging
import Rendering

/// `iris inspect FILE.png`: prints the parameters recorded in an image.
struct InspectCommand {
  private let path: String
  private let asJSON: Bool

  init(_ invocation: Invocation) {
    path = invocation.operand ?? ""
    asJSON = invocation.has(.json)
  }

  func run() throws {
    let texts = try InputFile.readImage(path) { bytes throws(ImagingError) in
      try PNGTextReader.read(bytes)
    }
    guard let metadata = RenderMetadata(pngText: texts) else {
      throw CommandFailure("\(path) does not say what made it; only images that Iris wrote do")
    }
    if asJSON {
      try Console.print(TextFormat.json(MetadataReport(metadata)))
    } else {
      let fields = metadata.pngText
      let width = fields.map(\.keyword.count).max() ?? 0
      for field in fields {
        let padding = String(repeating: " ", count: width - field.keyword.count + 2)
        try Console.print(field.keyword + padding + TextFormat.singleLine(field.value))
      }
    }
  }
}

/// An image's metadata as `--json` prints it.
private struct MetadataReport: Encodable {
  let prompt: String
  let seed: UInt64
  let steps: Int
  let guidance: Double
  let size: String
  let lora: String
  let loraStrength: Double?
  let references: Int?
  let strength: Double?
  let modelHash: String
  let version: String
  let warnings: [WarningReport]

  init(_ metadata: RenderMetadata) {
    prompt = metadata.prompt
    seed = metadata.seed
    steps = metadata.stepCount
    guidance = metadata.guidanceScale
    size = "\(metadata.size)"
    lora = metadata.lora
    loraStrength = metadata.loraStrength
    references = metadata.referenceCount
    strength = metadata.strength
    modelHash = metadata.modelHash
    version = metadata.version
    warnings = metadata.warnings.map(WarningReport.init)
  }
}
