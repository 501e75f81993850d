internal import HTTP
internal import Imaging
internal import JSONText
internal import Text

/// Reads a `multipart/form-data` body into members, as if they had come as JSON.
enum FormReader {
  /// Clients that write every parameter they know, and five images, send some twenty parts.
  private static let partLimit = 32
  /// How many bytes are read between two questions whether to go on: about a millisecond.
  private static let checkInterval = 1 << 20

  /// What a form says.
  struct Form: Sendable {
    var members: [JSONObject.Member] = []
    var images: [EncodedImage] = []
  }

  /// Reads a whole body.
  /// - Parameter isDeparted: Whether the client has left; asked now and then.
  static func read(
    _ body: [UInt8], contentType: ByteString, isDeparted: () -> Bool
  ) throws -> Form {
    var form = Form()
    var names: Set<ByteString> = []
    var images = FormImages()
    for part in try parts(of: body, contentType, isDeparted) {
      if let name = ImageName(part.name) {
        if !isUnused(part) { try images.append(part, name) }
        continue
      }
      guard names.insert(part.name).inserted else { throw APIError.duplicate(part.name) }
      form.members.append(.init(name: part.name, value: try value(of: part)))
    }
    form.images = images.inOrder
    return form
  }

  /// Whether it is what a browser sends for a file input that was not used (HTML §4.10.22.4), or a
  /// client for a text that was left empty.
  private static func isUnused(_ part: MultipartPart) -> Bool {
    part.body.isEmpty && part.filename?.isEmpty ?? true
  }

  private static func parts(
    of body: [UInt8], _ contentType: ByteString, _ isDeparted: () -> Bool
  ) throws -> [MultipartPart] {
    var limits = MultipartLimits()
    limits.partCount = partLimit
    limits.fileBytes = ImageLimits().byteCount
    limits.carriesFile = { ImageName($0) != nil }
    var parser = try MultipartParser(contentType: contentType, limits: limits)
    // The mark would hide the first boundary, and with it the first part.
    let begin = ByteOrderMark.length(in: body)
    for start in stride(from: begin, to: body.count, by: checkInterval) {
      guard !isDeparted() else { throw CancellationError() }
      try parser.feed(body[start..<min(start + checkInterval, body.count)])
    }
    return try parser.finish()
  }

  private static func value(of part: MultipartPart) throws(APIError) -> JSONValue {
    // These are refused by their names, whatever they hold, unless they hold nothing.
    if part.filename != nil, isUnused(part) { return .null }
    guard part.filename == nil || part.name == "mask" || part.name == "markup" else {
      throw .invalid("\(part.name)", "\(part.name) must be text, not a file")
    }
    let text = ByteString(part.body)
    guard part.filename != nil || text.isUTF8 else {
      throw .invalid("\(part.name)", "\(part.name) is not UTF-8")
    }
    return .string(text)
  }
}
