import JSON
import Rendering

/// The OpenAPI 3.1 document, written from the tables by which requests are parsed.
struct OpenAPIDocument {
  let configuration: ServiceConfiguration
  /// The ranges of the parameters.
  let limits: RenderLimits
  let tables: [Endpoint: FieldTable]

  /// The whole document.
  var json: JSONValue {
    [
      "openapi": "3.1.0",
      "info": [
        "title": "Iris", "version": .string(Version.current),
        "description": "Image generation and editing, compatible with OpenAI's SDKs.",
      ],
      "paths": .object(paths),
      "components": [
        "securitySchemes": ["key": ["type": "http", "scheme": "bearer"]],
        "schemas": [
          "Error": Self.errorSchema, "Images": imagesSchema, "Model": Self.modelSchema,
          "PartialImage": partialImageSchema, "Completed": completedSchema,
          "Usage": Self.usageOfKeySchema,
        ],
      ],
    ]
  }

  private var paths: [(String, JSONValue)] {
    let renders: [(String, JSONValue)] = Endpoint.allCases.map {
      ($0.path, ["post": operation($0)])
    }
    let others: [(String, JSONValue)] = [
      ("/v1/models", ["get": Self.listModels]),
      ("/v1/models/{id}", ["get": Self.readModel]),
      ("/v1/usage", ["get": Self.readUsage]),
      (
        "/healthz",
        ["get": Self.read("Liveness: 200 while the service runs.", "health", Self.statusSchema)]
      ),
      ("/readyz", ["get": Self.readReadiness]),
      ("/openapi.json", ["get": Self.read("This document.", "openAPI", ["type": "object"])]),
    ]
    return renders + others + storedImages
  }

  /// The route of stored images, if there is one.
  private var storedImages: [(String, JSONValue)] {
    guard let folder = configuration.imageFolder else { return [] }
    return [
      (folder.location.pattern, ["get": Self.readImage(of: limits.outputFormats)])
    ]
  }

  private func operation(_ endpoint: Endpoint) -> JSONValue {
    let table = tables[endpoint] ?? FieldTable([])
    var content: [(String, JSONValue)] = [
      ("application/json", ["schema": schema(table, endpoint, isForm: false)])
    ]
    if endpoint == .edits {
      content.append(("multipart/form-data", ["schema": schema(table, endpoint, isForm: true)]))
    }
    return [
      "operationId": .string(endpoint == .edits ? "editImage" : "generateImage"),
      "summary": .string(endpoint == .edits ? "Change or combine images." : "Draw an image."),
      "security": [["key": []]], "parameters": [Self.idempotencyKey],
      "requestBody": ["required": true, "content": .object(content)],
      "responses": .object(Self.renderResponses(of: endpoint)),
    ]
  }

  private func schema(_ table: FieldTable, _ endpoint: Endpoint, isForm: Bool) -> JSONValue {
    let fields = table.fields
    var members: [(String, JSONValue)] = [
      ("type", "object"), ("additionalProperties", false),
      (
        "required",
        .array(fields.filter { $0.role == .required }.map { .string($0.name) })
      ),
      (
        "properties",
        .object(
          fields.map { ($0.name, $0.schema(isForm: isForm)) })
      ),
    ]
    if endpoint == .edits {
      members.append(isForm ? ("anyOf", Self.anyImages) : ("oneOf", Self.eitherImages))
    }
    return .object(members)
  }

  /// Forms may spread images over both names.
  private static let anyImages: JSONValue = [["required": ["image"]], ["required": ["images"]]]

  private static let eitherImages: JSONValue = [
    [
      "required": ["image"],
      "properties": ["image": ["type": "string"], "images": ["type": "null"]],
    ],
    [
      "required": ["images"],
      "properties": ["images": ["type": "array"], "image": ["type": "null"]],
    ],
  ]
}
