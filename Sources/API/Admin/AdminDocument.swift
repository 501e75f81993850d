import HTTP
import JSON
import Rendering
import Text

/// The OpenAPI 3.1 document of the administration, which is apart from the service's.
struct AdminDocument {
  let operations: [AdminOperation]

  /// The whole document.
  var json: JSONValue {
    [
      "openapi": "3.1.0",
      "info": [
        "title": "Iris administration", "version": .string(Version.current),
        "description": "Accounts, keys, usage and the ledger of an image service.",
      ],
      "security": [["token": []]],
      "paths": .object(paths),
      "components": [
        "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
        "schemas": .object(Self.schemas + pages),
      ],
    ]
  }

  private var paths: [(String, JSONValue)] {
    var paths: [(String, [(String, JSONValue)])] = []
    for operation in operations {
      let entry = ("\(operation.method.name.asciiLowercase)", description(of: operation))
      if let index = paths.firstIndex(where: { $0.0 == operation.path }) {
        paths[index].1.append(entry)
      } else {
        paths.append((operation.path, [entry]))
      }
    }
    return paths.map { ($0, .object($1)) } + [
      (AdminHandler.sessionPath, session),
      ("/healthz", Self.open("health", "Liveness: 200 while the service runs.")),
      ("/openapi.json", Self.open("openAPI", "This document.")),
    ]
  }

  private func description(of operation: AdminOperation) -> JSONValue {
    var parameters = operation.query.map { field -> JSONValue in
      [
        "name": .string(field.name), "in": "query", "required": .boolean(field.isRequired),
        "schema": field.schema, "description": .string(field.summary),
      ]
    }
    if operation.path.utf8.contains(UInt8(ascii: "{")) {
      parameters.append(
        ["name": "id", "in": "path", "required": true, "schema": ["type": "string"]])
    }
    if operation.method != .get {
      parameters.append([
        "name": .string(AdminInput.actorField), "in": "header", "required": false,
        "schema": ["type": "string", "pattern": "^[!-~]{1,64}$"],
        "description": "Who acts, for the audit log.",
      ])
    }
    var members: [(String, JSONValue)] = [
      ("operationId", .string(operation.id)), ("summary", .string(operation.summary)),
      ("parameters", .array(parameters)),
    ]
    if !operation.body.isEmpty { members.append(("requestBody", Self.body(operation.body))) }
    members.append(("responses", Self.responses(to: operation.answer)))
    return .object(members)
  }

  private static func body(_ fields: [AdminField]) -> JSONValue {
    let properties = fields.map { field -> (String, JSONValue) in
      (field.name, ["allOf": [field.schema], "description": .string(field.summary)])
    }
    return [
      "required": .boolean(fields.contains(where: \.isRequired)),
      "content": [
        "application/json": [
          "schema": [
            "type": "object", "additionalProperties": false,
            "required": .array(fields.filter(\.isRequired).map { .string($0.name) }),
            "properties": .object(properties),
          ]
        ]
      ],
    ]
  }

  private static func responses(to answer: AdminOperation.Answer) -> JSONValue {
    let success: JSONValue =
      switch answer {
      case .one(let name): response("Done.", reference(name))
      case .page(let name):
        [
          "description": "A page, or the whole list as CSV.",
          "content": [
            "application/json": ["schema": reference(name + "Page")],
            "text/csv": ["schema": OpenAPIDocument.string],
          ],
        ]
      }
    let failures = [400, 401, 403, 404, 405, 413, 500, 503].map { status in
      ("\(status)", response("It cannot be done; the error says why.", reference("Error")))
    }
    return .object([("200", success)] + failures)
  }

  private static func response(_ description: String, _ schema: JSONValue) -> JSONValue {
    [
      "description": .string(description),
      "content": ["application/json": ["schema": schema]],
    ]
  }

  private static func open(_ id: String, _ summary: String) -> JSONValue {
    [
      "get": [
        "operationId": .string(id), "summary": .string(summary), "security": [],
        "responses": .object([("200", response(summary, ["type": "object"]))]),
      ]
    ]
  }

  /// The session of the dashboard.
  private var session: JSONValue {
    let answer = Self.responses(to: .one("Session"))
    return [
      "get": [
        "operationId": "getSession", "security": [],
        "summary": "The session that the cookie is of; without `csrf_token` if there is none.",
        "responses": answer,
      ],
      "post": [
        "operationId": "signIn", "summary": "Begins a session, in a cookie.", "responses": answer,
      ],
      "delete": [
        "operationId": "signOut", "summary": "Ends the session.", "responses": answer,
      ],
    ]
  }

  private static func reference(_ schema: String) -> JSONValue {
    OpenAPIDocument.reference(schema)
  }

  /// The schemas of pages.
  private var pages: [(String, JSONValue)] {
    operations.compactMap { operation in
      guard case .page(let name) = operation.answer else { return nil }
      return (
        name + "Page",
        OpenAPIDocument.object(
          [
            ("object", ["enum": ["list"]]),
            ("data", ["type": "array", "items": Self.reference(name)]),
            ("has_more", ["type": "boolean"]),
          ], optional: [("next", OpenAPIDocument.string)])
      )
    }
  }
}
