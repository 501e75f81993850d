import API
import Accounts
import HTTP
import Testing
import Text

/// Signing in at the dashboard.
@Suite struct AdminSessionTests {
  private static let token = "iris_admin_" + String(repeating: "0123456789abcdef", count: 4)
  private static let session = "/admin/v1/session"
  private let site: TestSite
  private let client: InProcessClient

  init() throws {
    site = try TestSite()
    let token = try #require(AdminToken(Array(Self.token.utf8)))
    let store = try Store(directory: site.directory)
    client = InProcessClient(site.service.administration(of: store, token: token))
  }

  private func send(
    _ method: HTTP.Method, _ path: String, _ body: String = "", _ headers: Headers = [:]
  ) async throws -> TestAnswer {
    let (response, body) = try await client.send(
      method, path, headers: headers, body: Array(body.utf8))
    return TestAnswer(response: response, body: body)
  }

  /// Signs in.
  /// - Returns: The fields of reading requests, and the token of changes.
  private func signIn() async throws -> (headers: Headers, csrf: ByteString) {
    let answer = try await send(.post, Self.session, "", ["authorization": "Bearer \(Self.token)"])
    #expect(answer.status == 200)
    let cookie = try #require(answer.response.headers["set-cookie"])
    for part: ByteString in ["HttpOnly", "SameSite=Strict", "Path=/admin", "Max-Age=28800"] {
      #expect(cookie.split(on: ";").map(\.trimmed).contains(part), "\(part)")
    }
    #expect(!answer.text.contains(Self.token))
    let pair = try #require(cookie.split(on: ";").first?.string(limit: 200))
    let csrf = ByteString(try #require(try answer.json["csrf_token"] as? String))
    var headers: Headers = [:]
    headers["cookie"] = ByteString("other=1; \(pair)")
    return (headers, csrf)
  }

  @Test func `a session reads, and changes with its second token`() async throws {
    var (headers, csrf) = try await signIn()
    #expect(try await send(.get, "/admin/v1/keys", "", headers).status == 200)
    let account = #"{"name":"acme"}"#
    let forged = try await send(.post, "/admin/v1/accounts", account, headers)
    #expect(forged.status == 403 && forged.errorCode == "permission_error")
    headers["x-csrf-token"] = "x"
    #expect(try await send(.post, "/admin/v1/accounts", account, headers).status == 403)
    headers["x-csrf-token"] = csrf
    headers["x-admin-actor"] = "alice"
    #expect(try await send(.post, "/admin/v1/accounts", account, headers).status == 200)
    let audit = try await send(.get, "/admin/v1/audit", "", headers)
    #expect(audit.text.contains(#""actor":"api:alice""#))
  }

  @Test func `a page that is loaded again finds its session`() async throws {
    let (headers, csrf) = try await signIn()
    let found = try await send(.get, Self.session, "", headers)
    #expect(found.text == #"{"csrf_token":"\#(csrf)"}"#)
    #expect(found.response.headers["cache-control"] == "no-store")
    #expect(try await send(.get, Self.session).text == "{}")
  }

  @Test func `after signing out the cookie is worth nothing`() async throws {
    var (headers, csrf) = try await signIn()
    headers["x-csrf-token"] = csrf
    let left = try await send(.delete, Self.session, "", headers)
    #expect(left.status == 200 && left.text == "{}")
    #expect(left.response.headers["set-cookie"]?.string(limit: 200)?.contains("Max-Age=0") == true)
    #expect(try await send(.get, "/admin/v1/keys", "", headers).status == 401)
  }

  @Test func `nobody signs in without the administration's token`() async throws {
    for headers: Headers in [[:], ["authorization": "Bearer x"], ["cookie": "iris_admin=x"]] {
      let answer = try await send(.post, Self.session, "", headers)
      #expect(answer.status == 401 && answer.response.headers["set-cookie"] == nil)
      #expect(try await send(.delete, Self.session, "", headers).status == 401)
    }
  }

  @Test func `a cookie that comes twice is none`() async throws {
    let (headers, _) = try await signIn()
    var doubled = headers
    doubled.append("cookie", "iris_admin=x")
    #expect(try await send(.get, "/admin/v1/keys", "", doubled).status == 401)
  }

  @Test func `the dashboard is a page of the administration's listener`() async throws {
    let page = try await send(.get, "/admin", "", ["accept": "text/html"])
    #expect(page.status == 200)
    #expect(page.response.headers["cache-control"] == "no-cache")
    #expect(try await send(.get, "/assets/admin.js").status == 200)
    #expect(try await send(.get, "/admin").status == 401)
    let site = try TestSite()
    #expect(try await site.get("/admin", headers: ["accept": "text/html"]).status == 404)
  }
}
