import FoundationEssentials
import Imaging
import JSON
import Rendering

/// `iris inspect FILE`: prints the parameters recorded in an image.
struct InspectCommand {
  private let path: String
  private let asJSON: Bool

  init(_ invocation: Invocation) {
    path = invocation.operand ?? ""
    asJSON = invocation.has(.json)
  }

  func run() throws {
    let texts = try InputFile.readImage(path) { bytes throws(ImagingError) in
      try ImageTextReader.read(bytes)
    }
    guard let metadata = RenderMetadata(texts: texts) else {
      throw CommandFailure("\(path) does not say what made it; only images that Iris wrote do")
    }
    if asJSON {
      try Console.print(metadata.json.text(.sorted))
    } else {
      let fields = metadata.texts
      let width = fields.map(\.keyword.count).max() ?? 0
      for field in fields {
        let padding = String(repeating: " ", count: width - field.keyword.count + 2)
        try Console.print(field.keyword + padding + TextFormat.singleLine(field.value))
      }
    }
  }
}
