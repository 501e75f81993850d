internal import HTTP
internal import Rendering

/// Reads the parameters of a request, in either of the forms in which they come.
struct PayloadReader: Sendable {
  let endpoint: Endpoint
  let table: FieldTable
  let configuration: ServiceConfiguration

  /// Reads a body.
  func read(_ request: Request, as media: MediaType) throws -> ImagePayload {
    switch media {
    case .json:
      guard case .object(let members) = try JSONParser.parse(request.body) else {
        throw APIError(.invalidRequest, "the body is not a JSON object")
      }
      return try payload(members, images: [], isText: false)
    case .form(let contentType):
      let form = try FormReader.read(request.body, contentType: contentType)
      return try payload(form.members, images: form.images, isText: true)
    }
  }

  private func payload(
    _ members: [(name: String, value: JSONValue)], images: [EncodedImage], isText: Bool
  ) throws(APIError) -> ImagePayload {
    var values: [String: FieldValue] = [:]
    var warnings: [RenderWarning] = []
    for (name, value) in members {
      guard let field = table[name] else {
        let shown = Field.shown(name)
        throw .invalid(shown, "\(shown) is not a parameter of this endpoint")
      }
      values[name] = try field.read(value, isText: isText)
      if let warning = field.warning(about: value) { warnings.append(warning) }
    }
    for field in table.fields where field.role == .required && values[field.name] == nil {
      throw .invalid(field.name, "\(field.name) is required")
    }
    if isText && !images.isEmpty {
      values[images.count == 1 ? "image" : "images"] = .images(images)
    }
    return try ImagePayload(
      values, endpoint: endpoint, limits: configuration.limits, warnings: warnings)
  }
}
