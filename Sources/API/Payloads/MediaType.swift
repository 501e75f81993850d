internal import HTTP
internal import Text

/// The forms in which parameters come.
enum MediaType: Sendable, Equatable {
  case json
  /// A form, with the field value that holds its boundary.
  case form(contentType: ByteString)

  /// Reads what a request's head announces.
  /// - Throws: `unsupportedMediaType` for what the endpoint does not read.
  init(of head: RequestHead, for endpoint: Endpoint) throws(APIError) {
    let fields = head.headers.values(of: "content-type")
    let coding = head.headers["content-encoding"] ?? "identity"
    guard coding.equalsIgnoringASCIICase("identity") else {
      throw APIError(.unsupportedMediaType, "the body must not be compressed")
    }
    let text = fields.first ?? ""
    let type = text.prefix { $0 != UInt8(ascii: ";") }.trimmed.asciiLowercase
    switch type {
    case "application/json" where fields.count <= 1: self = .json
    case "multipart/form-data" where fields.count == 1 && endpoint == .edits:
      self = .form(contentType: text)
    default:
      let allowed =
        endpoint == .edits ? "multipart/form-data or application/json" : "application/json"
      throw APIError(.unsupportedMediaType, "the content type must be \(allowed)")
    }
  }
}
