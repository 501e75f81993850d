import Accounts
import HTTP
import Text

/// Tells the owner of a key what it has used of what it may, for `/v1/usage`.
struct UsageRoute: Sendable {
  let metering: Metering
  let authenticator: Authenticator
  let contexts: RequestContextStore

  /// Admits whoever has a key.
  func admit(_ head: RequestHead) throws -> Admission {
    let context = contexts.context(for: head.number) ?? RequestContext()
    return try authenticator.admit(head) { principal in
      context.update { $0.keyID = principal.keyID }
      try await metering.visit(principal, context)
      guard let node = metering.node, let key = principal.key else {
        throw APIError(.notFound, "a service without keys measures nothing")
      }
      let use = try await asking(atMost: Metering.timeout) { try await node.store.use(of: key) }
      var response = Response.json(use.document)
      response.headers["cache-control"] = "no-store"
      return .respond(response)
    }
  }
}
