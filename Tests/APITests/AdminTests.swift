import API
import Accounts
import Foundation
import HTTP
import Testing
import Text

/// The administration over HTTP.
@Suite struct AdminTests {
  private let site: TestSite
  private let store: Store
  private let admin: AdminClient

  init() throws {
    site = try TestSite()
    store = site.store
    admin = try AdminClient(site)
  }

  @Test func `every operation of the document is served, and asks for the token`() async throws {
    let document = try await admin.send(.get, "/openapi.json", token: nil).json
    #expect(document["openapi"] as? String == "3.1.0")
    let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
    #expect(paths.count == 19)
    for (path, operations) in paths {
      let target = path.replacingOccurrences(of: "{id}", with: "nothing")
      for (method, operation) in operations {
        let isOpen = operation["security"] != nil
        let method = HTTP.Method(ByteString(method.uppercased()))
        #expect(
          try await admin.send(method, target, token: nil).status == (isOpen ? 200 : 401), "\(path)"
        )
        let answer = try await admin.send(method, target)
        #expect([200, 400, 404].contains(answer.status), "\(method) \(path): \(answer.text)")
        #expect(answer.response.headers["cache-control"] == "no-store")
        #expect(answer.response.headers["x-request-id"] != nil)
        let wrong = try await admin.send(HTTP.Method("PUT"), target, token: AdminClient.token)
        #expect(wrong.status == 405 && wrong.errorCode == "method_not_allowed")
      }
    }
  }

  @Test func `answers have the members of their schemas, and no others`() async throws {
    let document = try await admin.send(.get, "/openapi.json").json
    let components = try #require(document["components"] as? [String: Any])
    let schemas = try #require(components["schemas"] as? [String: [String: Any]])
    func expect(_ object: [String: Any], _ schema: String) throws {
      let known = try #require(schemas[schema])
      let properties = try #require(known["properties"] as? [String: Any])
      let required = Set(try #require(known["required"] as? [String]))
      #expect(required.isSubset(of: object.keys), "\(schema): \(object)")
      #expect(Set(object.keys).isSubset(of: properties.keys), "\(schema): \(object)")
    }
    try await use()
    try expect(try await admin.post("/accounts", #"{"name":"b"}"#).json, "Account")
    try expect(
      try await admin.post("/keys", #"{"name":"b","expires":"2126-01-01"}"#).json, "NewKey")
    try expect(try await admin.get("/status").json, "Status")
    try expect(try await admin.get("/check").json, "Check")
    for (path, schema) in [
      ("/accounts", "Account"), ("/keys", "Key"), ("/usage", "Usage"), ("/ledger", "LedgerEntry"),
      ("/requests", "Request"), ("/audit", "AuditEntry"), ("/nodes", "Node"),
    ] {
      let page = try await admin.get(path).json
      try expect(page, schema + "Page")
      let records = try #require(page["data"] as? [[String: Any]])
      #expect(!records.isEmpty, "\(path)")
      for record in records { try expect(record, schema) }
    }
  }

  /// Admits and charges a request of the site's key.
  private func use() async throws {
    let node = try await store.start(node: "tests")
    let request = AdmissionRequest(
      id: "req_1", key: try await store.key(site.key.id).key, endpoint: "/v1/images/generations",
      unitPrice: Money(microUnits: 5000))
    guard case .admitted(let reservation, _) = try await store.admit(request, on: node) else {
      Issue.record("it was not admitted")
      return
    }
    #expect(try await store.settle(reservation))
  }

  @Test func `what an operator changes is in the audit log, under the name that was given`()
    async throws
  {
    let account = try await admin.send(
      .post, "/admin/v1/accounts", #"{"name":"acme","credit":"12.345678"}"#,
      headers: ["x-admin-actor": "alice"]
    ).json
    let id = try #require(account["id"] as? String)
    let credited = try await admin.post(
      "/accounts/\(id)/credit", #"{"amount":"-0.345678","note":"n"}"#)
    #expect(try credited.json["credit"] as? String == "12.00")
    #expect(try await admin.post("/accounts/\(id)/suspend").json["state"] as? String == "suspended")
    #expect(
      try await admin.post("/accounts/\(id)/resume", "{}").json["state"] as? String == "active")
    let audit = try #require(try await admin.get("/audit").json["data"] as? [[String: Any]])
    // The first line is of the key of the tests' own.
    #expect(audit.map { $0["actor"] as? String } == ["service", "api:alice", "api", "api", "api"])
    #expect(
      audit.map { $0["action"] as? String }
        == [
          "key.create", "account.create", "account.credit", "account.suspend", "account.resume",
        ])
    #expect((audit[2]["before"] as? [String: Any])?["credit"] as? String == "12.345678")
    let ledger = try #require(
      try await admin.get("/ledger?account=\(id)").json["data"] as? [[String: Any]])
    #expect(ledger.map { $0["amount"] as? String } == ["12.345678", "-0.345678"])
  }

  @Test func `a key made here is admitted, and refused from its revocation on`() async throws {
    let made = try await admin.post("/keys", #"{"name":"shop","rpm":7,"monthly_cap":"1.50"}"#).json
    let id = try #require(made["id"] as? String)
    let token = try #require(made["token"] as? String)
    let fields: Headers = ["authorization": "Bearer \(token)"]
    #expect(try await site.get("/v1/models", headers: fields).status == 200)
    let patched = try await admin.send(
      HTTP.Method("PATCH"), "/admin/v1/keys/\(id)", #"{"rpd":3,"expires":null}"#
    ).json
    let limits = try #require(patched["limits"] as? [String: Any])
    #expect(limits["rpm"] as? Int == 7 && limits["rpd"] as? Int == 3)
    #expect(patched["token"] == nil)
    let rotated = try await admin.post("/keys/\(id)/rotate", #"{"overlap_seconds":0}"#).json
    #expect(try await site.get("/v1/models", headers: fields).status == 401)
    let next = try #require(rotated["token"] as? String)
    let newFields: Headers = ["authorization": "Bearer \(next)"]
    #expect(try await site.get("/v1/models", headers: newFields).status == 200)
    #expect(try await admin.post("/keys/\(id)/revoke").json["revoked"] != nil)
    #expect(try await site.get("/v1/models", headers: newFields).status == 401)
  }

  @Test func `pages follow one another to the end`() async throws {
    for name in ["a", "b", "c", "d"] {
      _ = try await admin.post("/accounts", #"{"name":"\#(name)"}"#)
    }
    for path in ["/accounts", "/ledger", "/audit"] {
      var (found, next): (Int, String?) = (0, nil)
      repeat {
        let page = try await admin.get("\(path)?limit=2" + (next.map { "&after=\($0)" } ?? "")).json
        found += try #require(page["data"] as? [Any]).count
        next = page["next"] as? String
        #expect(page["has_more"] as? Bool == (next != nil))
      } while next != nil
      // Beside the four, the default account in the first two, and the key of the tests' own in the last.
      #expect(found == 5, "\(path)")
    }
  }

  /// The field of a request, and the status of its answer.
  private static let fields: [(String, Int)] = [
    ("Bearer \(AdminClient.token.dropLast())0", 401), ("Bearer \(AdminClient.token) x", 401),
    (AdminClient.token, 401),
    ("Basic \(AdminClient.token)", 401), ("Bearer ", 401), ("bearer \(AdminClient.token)", 200),
  ]

  @Test(arguments: fields)
  func `another token is refused`(field: String, status: Int) async throws {
    let answer = try await admin.send(
      .get, "/admin/v1/accounts", headers: ["authorization": field], token: nil)
    #expect(answer.status == status)
    if status == 401 { #expect(answer.errorCode == "authentication_error") }
  }

  @Test func `a key of the service is no token of the administration`() async throws {
    #expect(try await admin.send(.get, "/admin/v1/keys", token: site.token).status == 401)
  }

  /// The fields of a request, and the status of its answer.
  private static let origins: [(fields: Headers, status: Int)] = [
    (["host": "evil.example"], 403), (["origin": "http://evil.example"], 403),
    (["origin": "http://localhost", "host": "localhost"], 200),
  ]

  @Test(arguments: origins)
  func `web pages of elsewhere are refused, also with the token`(fields: Headers, status: Int)
    async throws
  {
    #expect(try await admin.send(.get, "/admin/v1/keys", headers: fields).status == status)
  }

  @Test(arguments: [
    ("/accounts", #"{"name":"a","credti":"1"}"#, "credti"),
    ("/accounts", #"{"credit":"1"}"#, "name"), ("/accounts", #"{"name":1}"#, "name"),
    ("/accounts", #"{"name":"a","credit":1}"#, "credit"),
    ("/accounts", #"{"name":"a","credit":"-1"}"#, "credit"),
    ("/accounts/acct_default/credit", #"{"amount":"1e3","note":"x"}"#, "amount"),
    ("/accounts/acct_default/credit", #"{"amount":"1"}"#, "note"),
    ("/keys", #"{"name":"a","rpm":1.5}"#, "rpm"), ("/keys", #"{"name":"a","rpm":1000001}"#, "rpm"),
    ("/keys", #"{"name":"a","mode":"free"}"#, "mode"),
    ("/keys", #"{"name":"a","expires":"soon"}"#, "expires"),
    ("/keys", #"{"name":"a","expires":null}"#, "expires"),
  ])
  func `a wrong field is named`(path: String, body: String, field: String) async throws {
    let answer = try await admin.post(path, body)
    #expect(answer.status == 400 && answer.errorParameter == field, "\(answer.text)")
  }

  @Test(arguments: [
    "[]", "{", "{\"name\":\"a\",\"name\":\"b\"}", "\u{FF}", "{\"name\":\"a\\u0007\"}",
  ])
  func `a body that is no document of this operation is refused`(body: String) async throws {
    #expect(try await admin.post("/accounts", body).status == 400)
  }

  @Test(arguments: [
    ("/accounts?limit=0", 400), ("/accounts?limit=1001", 400), ("/accounts?limit=x", 400),
    ("/accounts?name=a", 400), ("/accounts?limit=1&limit=2", 400),
    ("/keys?account=acct_nothing", 404), ("/usage?key=key_nothing", 404),
    ("/usage?month=2026-13", 400), ("/usage?by=year", 400), ("/usage?after=x", 400),
    ("/ledger?after=x", 400), ("/ledger?since=x", 400), ("/requests?after=req_nothing", 400),
    ("/accounts/acct_nothing", 404), ("/keys/key_nothing", 404), ("/nothing", 404),
    ("/usage?by=day&month=2026-11", 200), ("/requests?since=2026-11-29T18:00:00Z", 200),
  ])
  func `a wrong query is named`(path: String, status: Int) async throws {
    let answer = try await admin.get(path)
    #expect(answer.status == status, "\(answer.text)")
  }

  @Test func `names are given back as they are, and a browser does not read them as a page`()
    async throws
  {
    let answer = try await admin.post("/accounts", #"{"name":"<script>alert(1)</script> 東京"}"#)
    #expect(try answer.json["name"] as? String == "<script>alert(1)</script> 東京")
    #expect(answer.response.headers["content-type"] == "application/json")
    #expect(answer.response.headers["x-content-type-options"] == "nosniff")
  }

  @Test func `without the store it says so, and its log has the reason`() async throws {
    try FileManager.default.removeItem(atPath: site.directory + "/iris.sqlite")
    let answer = try await admin.get("/accounts")
    #expect(answer.status == 503 && answer.errorCode == "backend_unavailable")
  }
}
