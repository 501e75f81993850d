import HTTP
import JSON
import Rendering
import Text

/// Reads the parameters of a request from JSON or a form.
struct PayloadReader: Sendable {
  let endpoint: Endpoint
  let models: ServedModels

  /// No request nests deeper than three or has more than some thirty values; bounds what a body of
  /// nothing but brackets and commas grows to.
  private static let limits = JSONReader.Limits(depth: 16, values: 1024)

  /// Reads a body.
  /// - Parameter isDeparted: Returns true once the client has left.
  /// - Returns: The parameters, and the model that they are for.
  func read(
    _ request: Request, as media: MediaType, isDeparted: @escaping @Sendable () -> Bool
  ) throws -> (ImagePayload, ServedModel) {
    switch media {
    case .json:
      guard case .object(let object) = try value(of: request.body, isDeparted) else {
        throw APIError(.invalidRequest, "the body is not a JSON object")
      }
      return try payload(FormReader.Form(members: object.members), isText: false)
    case .form(let contentType):
      let form = try FormReader.read(
        request.body, contentType: contentType,
        takesMask: models.all.contains { takesMask($0) }, isDeparted: isDeparted)
      return try payload(form, isText: true)
    }
  }

  /// Returns whether masks are images for a model; otherwise they are a parameter that is refused.
  private func takesMask(_ model: ServedModel) -> Bool {
    model.capabilities.table(for: endpoint)[Self.maskName]?.role.isRead ?? false
  }

  private static let maskName = ByteString(RequestParameter.mask.name)

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

  private func payload(
    _ form: FormReader.Form, isText: Bool
  ) throws(APIError) -> (ImagePayload, ServedModel) {
    let model = models.model(of: form.members)
    var form = form
    if form.mask != nil, !takesMask(model) {
      form.mask = nil
      form.members.append(.init(name: Self.maskName, value: .string(Self.maskName)))
    }
    let table = model.capabilities.table(for: endpoint)
    var (values, warnings) = try table.values(of: form.members, isText: isText)
    if isText && !form.images.isEmpty {
      let parameter = form.images.count == 1 ? RequestParameter.image : .images
      values[parameter.name] = .images(form.images)
    }
    if let mask = form.mask { values[RequestParameter.mask.name] = .images([mask]) }
    let payload = try ImagePayload(
      values, endpoint: endpoint, limits: model.configuration.limits, warnings: warnings)
    return (payload, model)
  }
}

extension FieldTable {
  /// Reads members by their fields.
  /// - Parameter isText: True for a form, where numbers and booleans are text.
  fileprivate func values(
    of members: [JSONObject.Member], isText: Bool
  ) throws(APIError) -> ([String: FieldValue], [RenderWarning]) {
    var values: [String: FieldValue] = [:]
    var warnings: [RenderWarning] = []
    for member in members {
      guard member.name.count <= ByteString.nameLimit else {
        throw .invalid(
          "\(member.name)",
          "a parameter's name has \(member.name.count) bytes; at most \(ByteString.nameLimit) are allowed"
        )
      }
      guard let field = self[member.name] else {
        if isOfEdits(member.name), member.value.isEmpty { continue }
        throw unknown(member.name)
      }
      values[field.name] = try field.read(member.value, isText: isText)
      if let warning = field.warning(about: member.value) { warnings.append(warning) }
    }
    for field in fields where field.role == .required && values[field.name] == nil {
      throw .invalid(field.name, "\(field.name) is required")
    }
    return (values, warnings)
  }

  private func unknown(_ name: ByteString) -> APIError {
    if name.isEmpty { return .invalid("", "a parameter has no name") }
    let message = "\(name) is not a parameter of this endpoint"
    return .invalid(
      "\(name)", isOfEdits(name) ? message + "; \(Endpoint.edits.path) has it" : message)
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
