import API
import HTTP
import Synchronization
import TestSupport
import Testing
import Text

/// The pages of a service beside its API.
@Suite struct PageTests {
  private static let browser: Headers = ["accept": "text/html,*/*;q=0.8"]

  @Test func `a browser gets a page where a program gets what it always got`() async throws {
    let site = try TestSite()
    let page = try await site.get("/", headers: Self.browser)
    #expect(page.status == 200)
    #expect(page.response.headers["content-type"] == "text/html; charset=utf-8")
    #expect(page.response.headers["x-content-type-options"] == "nosniff")
    #expect(page.response.headers["x-request-id"] != nil)
    for headers: Headers in [[:], ["accept": "*/*"], ["accept": "application/json"]] {
      let answer = try await site.get("/", headers: headers)
      #expect(answer.status == 404 && answer.errorCode == "not_found")
      #expect(answer.errorMessage?.contains("/v1/images/generations") == true)
    }
    let posted = try await site.post("/", "{}")
    #expect(posted.status == 404)
  }

  @Test func `a page finds out whether the service asks for keys, and the price`() async throws {
    let site = try TestSite { $0.currency = "IDR" }
    let told = try await site.get("/assets/service.json")
    #expect(told.text == #"{"keys":true,"price":"0.005","currency":"IDR"}"#)
    let open = Service(rendering: site.stub, renders: site.renders, keys: nil)
    let client = InProcessClient(open)
    let free = try await client.send(.get, "/assets/service.json")
    #expect(
      String(decoding: free.body, as: UTF8.self)
        == #"{"keys":false,"price":"0.00","currency":"USD"}"#)
  }

  @Test func `pages can be turned off`() async throws {
    let site = try TestSite { $0.servesPages = false }
    for path in ["/", "/assets/base.css", "/assets/service.json"] {
      #expect(try await site.get(path, headers: Self.browser).status == 404, "\(path)")
    }
  }

  @Test func `the log has a file of a page under one route`() async throws {
    let lines = Mutex<[String]>([])
    let site = try TestSite(log: AccessLog { line in lines.withLock { $0.append(line) } })
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service)
    defer { server.stop() }
    let answer = try await ContractSocket(server).send(
      ContractRequest(method: "GET", path: "/assets/base.css"), token: "")
    #expect(answer.status == 200)
    #expect(
      try await eventually { lines.withLock { $0.contains { $0.contains(#""/assets/{name}""#) } } })
  }
}
