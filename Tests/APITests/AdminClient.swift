import API
import Accounts
import HTTP
import Testing
import Text

/// A client of the administration, which needs no socket.
struct AdminClient: Sendable {
  static let token = "iris_admin_" + String(repeating: "0123456789abcdef", count: 4)
  private let client: InProcessClient

  init(_ site: TestSite) throws {
    let token = try #require(AdminToken(Array(Self.token.utf8)))
    client = InProcessClient(site.service.administration(of: site.store, token: token))
  }

  func send(
    _ method: HTTP.Method, _ path: String, _ body: String = "", headers: Headers = [:],
    token: String? = Self.token
  ) async throws -> TestAnswer {
    var headers = headers
    if let token { headers.append("authorization", ByteString("Bearer \(token)")) }
    let (response, body) = try await client.send(
      method, path, headers: headers, body: Array(body.utf8))
    return TestAnswer(response: response, body: body)
  }

  func get(_ path: String) async throws -> TestAnswer {
    try await send(.get, "/admin/v1" + path)
  }

  func post(_ path: String, _ body: String = "") async throws -> TestAnswer {
    try await send(.post, "/admin/v1" + path, body)
  }
}
