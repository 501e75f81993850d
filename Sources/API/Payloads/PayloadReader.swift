internal import HTTP
internal import JSONText
internal import Rendering
internal import Text

/// Reads the parameters of a request, in either of the forms in which they come.
struct PayloadReader: Sendable {
  let endpoint: Endpoint
  let table: FieldTable
  let configuration: ServiceConfiguration

  /// No request nests deeper than three or has more than some thirty values; bounds what a body of
  /// nothing but brackets and commas grows to.
  private static let limits = JSONReader.Limits(depth: 16, values: 1024)

  /// Reads a body.
  /// - Parameter isDeparted: Whether the client has left; asked now and then.
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
        request.body, contentType: contentType, isDeparted: isDeparted)
      return try payload(form.members, images: form.images, isText: true)
    }
  }

  private func value(
    of body: [UInt8], _ isDeparted: @escaping @Sendable () -> Bool
  ) throws -> JSONValue {
    do {
      // RFC 8259 §8.1 lets readers pass over the mark that some clients begin with.
      let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
      let body = body.starts(with: mark) ? Array(body.dropFirst(mark.count)) : body
      return try JSONValue(body, limits: Self.limits, isCancelled: isDeparted)
    } catch {
      switch error.kind {
      case .malformed: throw APIError(.invalidRequest, "the body is not valid JSON: \(error)")
      case .duplicate(let name): throw APIError.duplicate(name)
      case .cancelled: throw CancellationError()
      }
    }
  }

  private func payload(
    _ members: [JSONObject.Member], images: [EncodedImage], isText: Bool
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
        throw .invalid(
          "\(member.name)", "\(member.name) is not a parameter of this endpoint")
      }
      values[field.name] = try field.read(member.value, isText: isText)
      if let warning = field.warning(about: member.value) { warnings.append(warning) }
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
