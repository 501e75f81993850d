internal import HTTP

/// The forms in which parameters come.
enum MediaType: Sendable, Equatable {
  case json
  /// A form, with the field value that holds its boundary.
  case form(contentType: String)

  /// Reads what a request's head announces.
  /// - Throws: `unsupportedMediaType` for what the endpoint does not read.
  init(of head: RequestHead, for endpoint: Endpoint) throws(APIError) {
    let fields = head.headers.values(of: "content-type")
    let coding = head.headers["content-encoding"]?.lowercased() ?? "identity"
    guard coding == "identity" else {
      throw APIError(.unsupportedMediaType, "the body must not be compressed")
    }
    let text = fields.first ?? (endpoint == .generations ? "application/json" : "")
    let type = text.prefix { $0 != ";" }.lowercased()
    switch String(type.filter { $0 != " " }) {
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
