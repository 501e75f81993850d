import API
import Accounts
import HTTP
import Synchronization
import Testing
import Text

/// Signing in at the dashboard.
@Suite struct AdminSessionTests {
  private static let session = "/admin/v1/session"
  /// Keeps the store's folder.
  private let site: TestSite
  private let admin: AdminClient

  init() throws {
    site = try TestSite()
    admin = try AdminClient(site)
  }

  private func send(
    _ method: HTTP.Method, _ path: String, _ body: String = "", _ headers: Headers = [:]
  ) async throws -> TestAnswer {
    try await admin.send(method, path, body, headers: headers, token: nil)
  }

  /// Signs in.
  /// - Returns: The fields of reading requests, and the token of changes.
  private func signIn() async throws -> (headers: Headers, csrf: ByteString) {
    let answer = try await send(
      .post, Self.session, "", ["authorization": "Bearer \(AdminClient.token)"])
    #expect(answer.status == 200)
    let cookie = try #require(answer.response.headers["set-cookie"])
    for part: ByteString in ["HttpOnly", "SameSite=Strict", "Path=/admin", "Max-Age=28800"] {
      #expect(cookie.split(on: ";").map(\.trimmed).contains(part), "\(part)")
    }
    #expect(!answer.text.contains(AdminClient.token))
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

  @Test func `a session begins no other`() async throws {
    var (headers, csrf) = try await signIn()
    headers["x-csrf-token"] = csrf
    #expect(try await send(.post, Self.session, "", headers).status == 401)
  }

  /// The fields of a request with a cookie.
  private func fields(_ cookie: ByteString) -> Headers {
    var headers = Headers()
    headers["cookie"] = cookie.split(on: ";").first
    return headers
  }

  @Test func `a session ends after eight hours`() throws {
    let start = ContinuousClock.now
    let elapsed = Mutex(Duration.zero)
    let sessions = AdminSessions { start + elapsed.withLock { $0 } }
    let cookie = fields(sessions.begin().cookie)
    elapsed.withLock { $0 = .seconds(8 * 3600 - 1) }
    #expect(sessions.session(of: cookie) != nil)
    elapsed.withLock { $0 = .seconds(8 * 3600) }
    #expect(sessions.session(of: cookie) == nil)
  }

  @Test func `the oldest of a hundred sessions makes room`() throws {
    let start = ContinuousClock.now
    let elapsed = Mutex(Duration.zero)
    let sessions = AdminSessions { start + elapsed.withLock { $0 } }
    var cookies: [Headers] = []
    for second in 0...100 {
      elapsed.withLock { $0 = .seconds(second) }
      cookies.append(fields(sessions.begin().cookie))
    }
    #expect(sessions.session(of: cookies[0]) == nil)
    #expect(cookies.dropFirst().allSatisfy { sessions.session(of: $0) != nil })
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
