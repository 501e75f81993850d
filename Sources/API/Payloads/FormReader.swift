internal import HTTP
internal import Imaging

/// Reads a `multipart/form-data` body into members, as if they had come as JSON.
enum FormReader {
  /// The names under which forms send images; all of them are merged, in order.
  static let imageNames: Set = ["image", "image[]", "images", "images[]"]

  /// Clients that write every parameter they know, and five images, send some twenty parts.
  private static let partLimit = 32

  /// What a form says.
  struct Form: Sendable {
    var members: [(name: String, value: JSONValue)] = []
    var images: [EncodedImage] = []
  }

  /// Reads a whole body.
  static func read(_ body: [UInt8], contentType: String) throws -> Form {
    var limits = MultipartLimits()
    limits.partCount = partLimit
    limits.fileBytes = ImageLimits().byteCount
    limits.fileFields = imageNames
    var parser = try MultipartParser(contentType: contentType, limits: limits)
    try parser.feed(body[...])
    var form = Form()
    var names: Set<String> = []
    for part in try parser.finish() {
      if imageNames.contains(part.name) {
        form.images.append(part.filename == nil ? .text(part.body[...]) : .file(part.body))
        continue
      }
      guard names.insert(part.name).inserted else { throw APIError.duplicate(part.name) }
      form.members.append((part.name, try value(of: part)))
    }
    return form
  }

  private static func value(of part: Part) throws(APIError) -> JSONValue {
    // A mask is refused by its name, whatever it holds.
    guard part.filename == nil || part.name == "mask" else {
      let name = Field.shown(part.name)
      throw .invalid(name, "\(name) must be text, not a file")
    }
    guard part.filename != nil || String(validating: part.body, as: UTF8.self) != nil else {
      let name = Field.shown(part.name)
      throw .invalid(name, "\(name) is not UTF-8")
    }
    return .string(part.body[...])
  }
}
