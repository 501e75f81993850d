import HTTP
import JSON
import Text

/// The routes of the service.
struct Routes {
  let configuration: ServiceConfiguration
  let images: ImageRoutes
  let authenticator: Authenticator
  let contexts: RequestContextStore

  /// A router with all of them.
  var router: Router {
    var router = Router()
    for endpoint in Endpoint.allCases {
      on(.post, endpoint.path, &router) { [images] head, _ in
        try images.admit(head, to: endpoint)
      }
    }
    let models = ModelRoutes(models: images.models, currency: configuration.currency)
    onVisit("/v1/models", &router) { _ in models.list() }
    onVisit("/v1/models/{id}", &router) { values in try models.get(values["id"] ?? "") }
    let usage = UsageRoute(
      metering: images.metering, authenticator: authenticator, contexts: contexts)
    on(.get, "/v1/usage", &router) { head, _ in try usage.admit(head) }
    on(.get, "/healthz", &router) { _, _ in .respond(.json(["status": "ok"])) }
    on(.get, "/readyz", &router) { [images] _, _ in
      try images.checkReadiness()
      return .respond(.json(["status": "ready"]))
    }
    if let folder = configuration.imageFolder {
      on(.get, folder.location.pattern, &router) { head, values in
        .deferred {
          .respond(try await folder.response(named: values["name"] ?? "", head.target.query))
        }
      }
    }
    on(.get, "/openapi.json", &router) { [images] _, _ in
      .respond(
        Response(
          .ok, headers: ["content-type": "application/json"],
          body: .bytes(images.models.document)))
    }
    return router
  }

  /// Adds a route that needs no key but refuses a wrong one, since clients test theirs there.
  private func onVisit(
    _ path: String, _ router: inout Router,
    _ document: @escaping @Sendable ([ByteString: ByteString]) throws -> JSONValue
  ) {
    let metering = images.metering
    on(.get, path, &router) { [authenticator, contexts] head, values in
      let context = contexts.context(for: head.number)
      return try authenticator.admitVisitor(head) { [metering] principal in
        if let principal, let context {
          context.update { $0.keyID = principal.keyID }
          try await metering.visit(principal, context)
        }
        return .respond(.json(try document(values)))
      }
    }
  }

  /// Adds a route, whose pattern the log and the metrics record.
  private func on(
    _ method: Method, _ path: String, _ router: inout Router, _ action: @escaping Router.Action
  ) {
    router.on(method, path) { [contexts] head, values in
      contexts.context(for: head.number)?.update { $0.route = path }
      return try action(head, values)
    }
  }
}

extension Response {
  /// A response with a JSON document.
  static func json(_ document: JSONValue) -> Response {
    Response(.ok, headers: ["content-type": "application/json"], body: .bytes(document.bytes()))
  }
}
