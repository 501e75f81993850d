import HTTP
import JSON
import Rendering
import Text

/// Reads the parameters of a request from JSON or a form.
struct PayloadReader: Sendable {
  let endpoint: Endpoint
  let table: FieldTable
  let configuration: ServiceConfiguration

  /// No request nests deeper than three or has more than some thirty values; bounds what a body of
  /// nothing but brackets and commas grows to.
  private static let limits = JSONReader.Limits(depth: 16, values: 1024)

  /// Reads a body.
  /// - Parameter isDeparted: Returns true once the client has left.
  func read(
    _ request: Request, as media: MediaType, isDeparted: @escaping @Sendable () -> Bool
  ) throws -> ImagePayload {
    switch media {
    case .json:
      guard case .object(let object) = try value(of: request.body, isDeparted) else {
        throw APIError(.invalidRequest, "the body is not a JSON object")
      }
      return try payload(object.members, images: [], isText: false)
    case .form(let contentType):
      let form = try FormReader.read(
        request.body, contentType: contentType,
        takesMask: table[ByteString(RequestParameter.mask.name)]?.role.isRead ?? false,
        isDeparted: isDeparted)
      return try payload(form.members, images: form.images, mask: form.mask, isText: true)
    }
  }

  private func value(
    of body: [UInt8], _ isDeparted: @escaping @Sendable () -> Bool
  ) throws -> JSONValue {
    do {
      let length = ByteOrderMark.length(in: body)
      let text = length > 0 ? Array(body.dropFirst(length)) : body
      return try JSONValue(text, limits: Self.limits, isCancelled: isDeparted)
    } catch {
      switch error.kind {
      case .malformed, .unsupported:
        throw APIError(.invalidRequest, "the body is not valid JSON: \(error)")
      case .duplicate(let name): throw APIError.duplicate(name)
      case .cancelled: throw CancellationError()
      }
    }
  }

  private func unknown(_ name: ByteString) -> APIError {
    if name.isEmpty { return .invalid("", "a parameter has no name") }
    let message = "\(name) is not a parameter of this endpoint"
    return .invalid(
      "\(name)", table.isOfEdits(name) ? message + "; \(Endpoint.edits.path) has it" : message)
  }

  private func payload(
    _ members: [JSONObject.Member], images: [EncodedImage], mask: EncodedImage? = nil,
    isText: Bool
  ) throws(APIError) -> ImagePayload {
    var values: [String: FieldValue] = [:]
    var warnings: [RenderWarning] = []
    for member in members {
      guard member.name.count <= ByteString.nameLimit else {
        throw .invalid(
          "\(member.name)",
          "a parameter's name has \(member.name.count) bytes; at most \(ByteString.nameLimit) are allowed"
        )
      }
      guard let field = table[member.name] else {
        if table.isOfEdits(member.name), member.value.isEmpty { continue }
        throw unknown(member.name)
      }
      values[field.name] = try field.read(member.value, isText: isText)
      if let warning = field.warning(about: member.value) { warnings.append(warning) }
    }
    for field in table.fields where field.role == .required && values[field.name] == nil {
      throw .invalid(field.name, "\(field.name) is required")
    }
    if isText && !images.isEmpty {
      values[(images.count == 1 ? RequestParameter.image : .images).name] = .images(images)
    }
    if let mask { values[RequestParameter.mask.name] = .images([mask]) }
    return try ImagePayload(
      values, endpoint: endpoint, limits: configuration.limits, warnings: warnings)
  }
}

/// The encodings of a request's body.
enum MediaType: Sendable, Equatable {
  case json
  /// A form, with the field value that holds its boundary.
  case form(contentType: ByteString)

  /// Reads the content type of a request's head.
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
