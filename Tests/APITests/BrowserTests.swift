import API
import HTTP
import Testing
import Text

/// Requests of web pages to services with and without keys.
@Suite struct BrowserTests {
  /// Sends a generation to a service without keys.
  private func ask(
    _ fields: [(ByteString, ByteString)], method: HTTP.Method = .post,
    path: String = TestSite.generations,
    configure: (inout ServiceConfiguration) -> Void = { _ in }
  ) async throws -> TestAnswer {
    let site = try TestSite()
    var configuration = ServiceConfiguration()
    configure(&configuration)
    let service = Service(
      configuration: configuration, rendering: site.stub, renders: site.renders, keys: nil)
    var headers: Headers = ["content-type": "application/json"]
    for (name, value) in fields { headers.append(name, value) }
    let (response, body) = try await InProcessClient(service).send(
      method, path, headers: headers,
      body: method == .post ? Array(TestSite.document("").utf8) : [])
    return TestAnswer(response: response, body: body)
  }

  @Test(arguments: [
    ("localhost", 200), ("LOCALHOST:8080", 200), ("127.0.0.1", 200), ("127.8.9.1:1", 200),
    ("[::1]:8080", 200), ("[::1]", 200), ("evil.example", 403), ("evil.example:8080", 403),
    ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403), ("192.168.1.1", 403),
    ("localhost.", 200), ("LocalHost.:8080", 200), ("127.0.0.1.", 403), ("localhost..", 403),
    ("mine.example.:81", 200), ("127.1", 403), ("0x7f.0.0.1", 403), ("2130706433", 403),
    ("0177.0.0.1", 403), ("app.localhost", 403), ("localhost:65536", 403),
    ("0.0.0.0", 403), ("[::]", 403), ("::1", 403), ("[127.0.0.1]", 403), ("localhost:x", 403),
    ("localhost:1:2", 403), ("128.0.0.1", 403), ("mine.example", 200), ("Mine.Example:81", 200),
    ("other.example:82", 200), ("other.example:83", 403),
  ])
  func `without keys only known hosts are answered`(host: String, status: Int) async throws {
    let answer = try await ask([("host", ByteString(host))]) {
      $0.allowedHosts = ["mine.example", "Other.example:82"]
    }
    #expect(answer.status == status, "\(answer.text.prefix(200))")
    if status == 403 { #expect(answer.errorCode == "permission_error") }
    let read = try await ask([("host", ByteString(host))], method: .get, path: "/v1/models") {
      $0.allowedHosts = ["mine.example", "Other.example:82"]
    }
    #expect(read.status == status)
  }

  @Test func `an absolute target names the host that counts`() async throws {
    let path = "http://evil.example" + TestSite.generations
    #expect(try await ask([("host", "localhost")], path: path).status == 403)
    let local = "http://localhost" + TestSite.generations
    #expect(try await ask([("host", "evil.example")], path: local).status == 200)
  }

  @Test(arguments: [
    ([("origin", "http://localhost:8080")], 200), ([("origin", "HTTP://LOCALHOST:8080")], 200),
    ([("origin", "http://localhost:5173")], 403), ([("origin", "https://evil.example")], 403),
    ([("origin", "null")], 403), ([("origin", "")], 403),
    ([("origin", "http://localhost:8080/")], 403),
    ([("origin", "http://localhost:8080"), ("origin", "https://evil.example")], 403),
    ([("sec-fetch-site", "cross-site")], 403), ([("sec-fetch-site", "Cross-Site")], 403),
    ([("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8080")], 200),
    ([("sec-fetch-site", "none")], 200),
    ([("sec-fetch-site", "same-site"), ("origin", "http://localhost:3000")], 403),
    ([("sec-fetch-site", "cross-site"), ("origin", "https://app.example")], 200),
    ([("origin", "https://app.example:443")], 200), ([("origin", "http://app.example")], 403),
  ])
  func `without keys only pages of its own and those that are named may render`(
    fields: [(String, String)], status: Int
  ) async throws {
    let all = [("host", "localhost:8080")] + fields
    let answer = try await ask(all.map { (ByteString($0.0), ByteString($0.1)) }) {
      $0.crossOrigins = CrossOrigins(["https://app.example"]) ?? .none
    }
    #expect(answer.status == status, "\(answer.text.prefix(200))")
    if status == 403 { #expect(answer.errorCode == "permission_error") }
  }

  @Test(arguments: [
    (["sec-fetch-mode": "navigate", "sec-fetch-dest": "document"], HTTP.Method.get, 200),
    (["sec-fetch-mode": "navigate"], .head, 200),
    (["sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"], .get, 403),
    (["sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"], .get, 403),
    (["sec-fetch-mode": "cors", "sec-fetch-dest": "empty"], .get, 403),
    (["sec-fetch-mode": "navigate", "origin": "null"], .get, 403),
    (["sec-fetch-mode": "navigate", "host": "evil.example"], .get, 403), ([:], .get, 403),
  ])
  func `a link on a page of elsewhere may be followed, and nothing more`(
    fields: [String: String], method: HTTP.Method, status: Int
  ) async throws {
    var headers: Headers = ["host": "localhost:8080", "sec-fetch-site": "cross-site"]
    for (name, value) in fields { headers[ByteString(name)] = ByteString(value) }
    let all = headers.fields.map { ($0.name, $0.value) }
    let answer = try await ask(all, method: method, path: "/v1/models")
    #expect(answer.status == status, "\(answer.text.prefix(200))")
  }

  @Test func `a form that follows from a page of elsewhere renders nothing`() async throws {
    let answer = try await ask([
      ("host", "localhost"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"),
      ("sec-fetch-dest", "document"),
    ])
    #expect(answer.status == 403)
  }

  @Test func `with keys the key alone decides`() async throws {
    let site = try TestSite()
    var headers = site.headers()
    headers["host"] = "images.example"
    headers["origin"] = "https://elsewhere.example"
    headers["sec-fetch-site"] = "cross-site"
    let answer = try await site.post(TestSite.generations, TestSite.document(""), headers: headers)
    #expect(answer.status == 200)
    #expect(answer.response.headers["access-control-allow-origin"] == nil)
    #expect(answer.response.headers["vary"] == nil)
  }

  private func site(_ origins: [String]) throws -> TestSite {
    let origins = try #require(CrossOrigins(origins))
    return try TestSite { $0.crossOrigins = origins }
  }

  @Test(arguments: [["https://app.example"], ["*"]])
  func `a browser that asks ahead is told what it may send, without a key`(
    origins: [String]
  ) async throws {
    let site = try site(origins)
    for path in [TestSite.generations, TestSite.edits, "/v1/models", "/v1images"] {
      let (response, body) = try await site.client.send(
        .options, path,
        headers: [
          "origin": "https://app.example", "access-control-request-method": "POST",
          "access-control-request-headers":
            "authorization,content-type,X-Stainless-OS, x-stainless-retry-count,x-evil,x-stainless-\u{e9}",
        ])
      #expect(response.status.code == 204 && body.isEmpty)
      let headers = response.headers
      #expect(
        headers["access-control-allow-origin"]
          == (origins == ["*"] ? "*" : "https://app.example"))
      #expect(headers["vary"] == "Origin")
      #expect(headers.lists("POST", in: "access-control-allow-methods"))
      #expect(headers["access-control-max-age"]?.decimal ?? 0 > 0)
      let allowed = headers.items(of: "access-control-allow-headers")
      for name: ByteString in [
        "authorization", "content-type", "idempotency-key", "x-stainless-os",
        "x-stainless-retry-count",
      ] { #expect(allowed.contains(name), "\(name)") }
      #expect(!allowed.contains("x-evil") && allowed.count == 5)
    }
  }

  @Test func `a page that is not named is told nothing`() async throws {
    let site = try site(["https://app.example"])
    let (response, _) = try await site.client.send(
      .options, TestSite.generations,
      headers: ["origin": "https://app.example.evil", "access-control-request-method": "POST"])
    #expect(response.status.code == 403)
    #expect(response.headers["access-control-allow-origin"] == nil)
    #expect(response.headers["vary"] == "Origin")
    let plain = try TestSite()
    let (refused, _) = try await plain.client.send(
      .options, TestSite.generations,
      headers: ["origin": "https://app.example", "access-control-request-method": "POST"])
    #expect(refused.status == .methodNotAllowed)
  }

  @Test func `a page may read every answer, errors too`() async throws {
    let site = try site(["https://app.example"])
    var requests: [(Int, HTTP.Method, String, Headers, String)] = []
    let origin: (ByteString, ByteString) = ("origin", "https://app.example")
    var keyed = site.headers()
    keyed.append(origin.0, origin.1)
    let bare: Headers = ["origin": "https://app.example", "content-type": "application/json"]
    var text = keyed
    text["content-type"] = "text/plain"
    requests = [
      (200, .post, TestSite.generations, keyed, TestSite.document("")),
      (200, .post, TestSite.generations, keyed, TestSite.document(#""stream":true"#)),
      (401, .post, TestSite.generations, bare, "{}"), (404, .post, "/v1images", keyed, "{}"),
      (405, .get, TestSite.generations, keyed, ""), (400, .post, TestSite.generations, keyed, "{"),
      (413, .post, TestSite.generations, keyed, String(repeating: " ", count: 1 << 21)),
      (415, .post, TestSite.generations, text, "{}"),
    ]
    for (status, method, path, headers, body) in requests {
      let (response, _) = try await site.client.send(
        method, path, headers: headers, body: Array(body.utf8))
      #expect(response.status.code == status)
      #expect(response.headers["access-control-allow-origin"] == origin.1, "\(status)")
      #expect(response.headers.values(of: "vary") == ["Origin"])
      for name: ByteString in ["x-request-id", "retry-after", "retry-after-ms"] {
        #expect(response.headers.lists(name, in: "access-control-expose-headers"))
      }
    }
    site.service.drain()
    let draining = try await site.client.send(
      .post, TestSite.generations, headers: keyed, body: Array("{}".utf8))
    #expect(draining.response.status.code == 503)
    #expect(draining.response.headers["access-control-allow-origin"] == origin.1)
  }

  @Test(arguments: ["app.example", "https://app.example/", "null", "https://*.example", "https://"])
  func `what is no origin cannot be named`(item: String) {
    #expect(CrossOrigins([item]) == nil)
  }
}
