internal import HTTP
internal import Imaging
internal import JSONText
internal import Text

/// Reads a `multipart/form-data` body into members, as if they had come as JSON.
enum FormReader {
  /// The names under which forms send images; all of them are merged, in order.
  static let imageNames: Set = ["image", "image[]", "images", "images[]"]

  /// Clients that write every parameter they know, and five images, send some twenty parts.
  private static let partLimit = 32

  /// What a form says.
  struct Form: Sendable {
    var members: [JSONObject.Member] = []
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
    var names: Set<ByteString> = []
    for part in try parser.finish() {
      let name = ByteString(part.name)
      let isImage = imageNames.contains(where: name.equals)
      if isImage, isUnused(part) { continue }
      if isImage {
        form.images.append(part.filename == nil ? .text(ByteString(part.body)) : .file(part.body))
        continue
      }
      guard names.insert(name).inserted else { throw APIError.duplicate(name) }
      form.members.append(.init(name: name, value: try value(of: part, name)))
    }
    return form
  }

  /// Whether it is what a browser sends for a file input that was not used (HTML §4.10.22.4), or a
  /// client for a text that was left empty.
  private static func isUnused(_ part: Part) -> Bool {
    part.body.isEmpty && part.filename?.isEmpty ?? true
  }

  private static func value(of part: Part, _ name: ByteString) throws(APIError) -> JSONValue {
    // These are refused by their names, whatever they hold, unless they hold nothing.
    if part.filename != nil, isUnused(part) { return .null }
    guard part.filename == nil || name == "mask" || name == "markup" else {
      throw .invalid("\(name)", "\(name) must be text, not a file")
    }
    let text = ByteString(part.body)
    guard part.filename != nil || text.isUTF8 else {
      throw .invalid("\(name)", "\(name) is not UTF-8")
    }
    return .string(text)
  }
}
