import Accounts
import HTTP
import Imaging
import JSON
import Rendering

extension OpenAPIDocument {
  /// Statuses of requests that are not HTTP/1.1, or too slow.
  private static let protocolStatuses = [400, 408, 414, 417, 431, 501, 505]

  /// The responses of an endpoint that renders.
  static func renderResponses(of endpoint: Endpoint) -> [(String, JSONValue)] {
    let success: JSONValue = [
      "description": "The image, or with `stream` its events.",
      "headers": renderHeaders,
      "content": [
        "application/json": ["schema": reference("Images")],
        "text/event-stream": ["schema": eventSchema(of: endpoint)],
      ],
    ]
    let statuses = Set(ErrorCode.allCases.map(\.status.code)).union(protocolStatuses)
      .subtracting([404, 405])
    return [("200", success)]
      + statuses.sorted().map { status in
        let codes = ErrorCode.allCases.filter { $0.status.code == status }.map(\.rawValue)
        return ("\(status)", failure(codes.joined(separator: ", ")))
      }
  }

  /// A route that only reads and cannot fail.
  static func read(_ summary: String, _ operation: String, _ schema: JSONValue) -> JSONValue {
    .object(readMembers(summary, operation, schema, failures: []))
  }

  /// Open to those without a key; a key that is sent must be valid.
  private static let optionalKey: (String, JSONValue) = ("security", [[:], ["key": []]])

  /// The route of all models.
  static var listModels: JSONValue {
    .object(
      readMembers("The models.", "listModels", modelListSchema, failures: [401, 503])
        + [optionalKey])
  }

  /// The route of one model.
  static var readModel: JSONValue {
    let id: JSONValue = [
      "name": "id", "in": "path", "required": true, "schema": ["type": "string"],
    ]
    return .object(
      readMembers("One model.", "getModel", reference("Model"), failures: [401, 404, 503])
        + [("parameters", [id]), optionalKey])
  }

  /// The route of stored images.
  static func readImage(of formats: [OutputFormat]) -> JSONValue {
    let name: JSONValue = [
      "name": "name", "in": "path", "required": true, "schema": string,
    ]
    let signature: JSONValue = [
      "name": "signature", "in": "query", "required": true, "schema": string,
    ]
    let success: JSONValue = [
      "description": "The image.", "headers": requestIDHeader,
      "content": .object(formats.map { ("image/\($0.rawValue)", [:]) }),
    ]
    let failed = (protocolStatuses + [403, 404, 410]).sorted().map { ("\($0)", failure("")) }
    return [
      "operationId": "getImage", "summary": "An image whose URL an answer had.",
      "parameters": [name, signature],
      "responses": .object([("200", success)] + failed),
    ]
  }

  /// The route of a key's use.
  static var readUsage: JSONValue {
    .object(
      readMembers(
        "What the key has used of what it may.", "getUsage", reference("Usage"),
        failures: [401, 403, 404, 503]) + [("security", [["key": []]])])
  }

  /// The readiness route.
  static var readReadiness: JSONValue {
    .object(
      readMembers(
        "Readiness: 200 while the service can render.", "readiness", statusSchema, failures: [503]))
  }

  private static func readMembers(
    _ summary: String, _ operation: String, _ schema: JSONValue, failures: [Int]
  ) -> [(String, JSONValue)] {
    let success: JSONValue = [
      "description": .string(summary), "headers": requestIDHeader,
      "content": ["application/json": ["schema": schema]],
    ]
    let statuses = (protocolStatuses + failures).sorted()
    let failed = statuses.map { ("\($0)", failure("")) }
    return [
      ("operationId", .string(operation)), ("summary", .string(summary)),
      ("responses", .object([("200", success)] + failed)),
    ]
  }

  private static func failure(_ codes: String) -> JSONValue {
    [
      "description": .string(codes.isEmpty ? "The request cannot be served." : codes),
      "headers": requestIDHeader,
      "content": ["application/json": ["schema": reference("Error")]],
    ]
  }

  static func reference(_ schema: String) -> JSONValue {
    ["$ref": .string("#/components/schemas/\(schema)")]
  }

  private static let requestIDHeader: JSONValue = [
    "x-request-id": ["required": true, "schema": ["type": "string"]]
  ]

  /// The requests a minute are told to whoever has a key.
  private static let renderHeaders: JSONValue = [
    "x-request-id": ["required": true, "schema": ["type": "string"]],
    "x-ratelimit-limit-requests": ["schema": ["type": "integer"]],
    "x-ratelimit-remaining-requests": ["schema": ["type": "integer"]],
    "x-ratelimit-reset-requests": ["schema": ["type": "string"]],
  ]

  /// The field by which a request may be repeated.
  static let idempotencyKey: JSONValue = [
    "name": "Idempotency-Key", "in": "header",
    "description": "Requests with the same key get the same answer for 24 hours, and pay once.",
    "schema": [
      "type": "string", "minLength": .integer(AdmissionRequest.idempotencyKeyByteCounts.lowerBound),
      "maxLength": .integer(AdmissionRequest.idempotencyKeyByteCounts.upperBound),
      "pattern": "^[!-~]([ -~]*[!-~])?$",
    ],
  ]
}

extension OpenAPIDocument {
  /// One event of a stream: before OpenAPI 3.2 the schema of a stream is that of its events.
  static func eventSchema(of endpoint: Endpoint) -> JSONValue {
    let kinds = ["partial_image", "completed"].map { "\(endpoint.eventPrefix).\($0)" }
    let data: JSONValue = [
      "type": "string", "contentMediaType": "application/json",
      "contentSchema": [
        "oneOf": [reference("PartialImage"), reference("Completed"), reference("Error")]
      ],
    ]
    return object([
      ("event", ["enum": .array((kinds + ["error"]).map { .string($0) })]), ("data", data),
    ])
  }

  /// The data of an event with a preview.
  var partialImageSchema: JSONValue {
    Self.object(
      imageMembers + [("partial_image_index", Self.integer)], optional: severalMembers)
  }

  /// The data of the event that ends a stream.
  var completedSchema: JSONValue {
    Self.object(
      imageMembers + [
        ("seed", Self.integer), ("usage", Self.usageSchema), ("warnings", Self.warningsSchema),
      ], optional: severalMembers)
  }

  /// What events have where a request may be for several images.
  private var severalMembers: [(String, JSONValue)] {
    limits.imageCounts.upperBound > 1 ? [("image_index", Self.integer)] : []
  }

  private var imageMembers: [(String, JSONValue)] {
    [
      ("type", Self.string), ("b64_json", ["type": "string", "contentEncoding": "base64"]),
      ("created_at", Self.integer), ("size", Self.string),
      ("quality", ["enum": [ImageResponse.quality]]),
      ("background", ["enum": [ImageResponse.background]]),
      ("output_format", formatSchema),
    ]
  }
}
