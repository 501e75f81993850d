import HTTP
import JSON
import Testing
import Text
import Web

/// How pages and their files are asked for and answered.
@Suite struct WebPagesTests {
  /// Answers with the pages, and with 404 where they have nothing.
  private struct PageHandler: Handler {
    let pages = WebPages([.playground], settings: ["keys": true])

    func admit(_ head: RequestHead) throws -> Admission {
      guard let answer = pages.answer(to: head) else { throw HTTPError(.notFound, "none") }
      return .respond(answer.response)
    }
  }

  private func ask(
    _ path: String, _ headers: Headers = [:], method: HTTP.Method = .get
  ) async throws -> (response: Response, body: [UInt8]) {
    try await InProcessClient(PageHandler()).send(method, path, headers: headers)
  }

  private static let browser: Headers = [
    "accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-encoding": "gzip, deflate, br",
  ]

  @Test(arguments: [
    ("/", "text/html", 200), ("/", "TEXT/HTML;q=0.5, */*", 200), ("/", "*/*", 404),
    ("/", "text/*", 404), ("/", "application/json", 404), ("/", "text/html;q=0", 404),
    ("/", "text/html;q=0.000", 404), ("/", "text/htmlx", 404), ("/usage", "text/html", 404),
    ("//", "text/html", 404), ("/assets", "text/html", 404), ("/assets/", "text/html", 404),
    ("/assets/playground.js", "*/*", 200), ("/assets/icon.svg", "image/png", 200),
    ("/assets/playground.html", "text/html", 404), ("/assets/none.js", "*/*", 404),
    ("/assets/base.css/x", "*/*", 404), ("/assets/service.json", "*/*", 200),
  ])
  func `a page is for whoever accepts HTML by name, a file for everyone`(
    path: String, accept: String, status: Int
  ) async throws {
    let (response, _) = try await ask(path, ["accept": accept])
    #expect(response.status.code == status)
  }

  @Test func `without an Accept field there is no page`() async throws {
    #expect(try await ask("/").response.status == .notFound)
  }

  @Test func `only GET and HEAD are answered`() async throws {
    let whole = try await ask("/", Self.browser)
    let head = try await ask("/", Self.browser, method: .head)
    #expect(head.response.status == .ok && head.body.isEmpty)
    #expect(head.response.headers == whole.response.headers)
    for method: HTTP.Method in [.post, .delete, .options] {
      #expect(try await ask("/", Self.browser, method: method).response.status == .notFound)
    }
  }

  @Test(arguments: [
    ("gzip", true), ("GZIP", true), ("br, gzip;q=0.1", true), ("gzip;q=0", false),
    ("gzip; q=0.0", false), ("br", false), ("", false), ("*", false),
  ])
  func `a file is compressed for whoever takes gzip`(
    encodings: String, isCompressed: Bool
  ) async throws {
    let (response, body) = try await ask(
      "/assets/playground.js", ["accept-encoding": encodings])
    #expect(response.headers["content-encoding"] == (isCompressed ? "gzip" : nil))
    #expect(body.starts(with: isCompressed ? [0x1F, 0x8B] : Array("\n\nimport".utf8)))
    #expect(response.headers.lists("accept-encoding", in: "vary"))
    #expect(response.headers["content-type"] == "text/javascript; charset=utf-8")
  }

  @Test func `a copy that is still the same is not sent again`() async throws {
    for encodings in ["gzip", ""] {
      var headers: Headers = ["accept-encoding": encodings]
      let first = try await ask("/assets/base.css", headers)
      let tag = try #require(first.response.headers["etag"])
      #expect(tag.starts(with: "\"".utf8))
      for known in ["\(tag)", "W/\(tag)", "\"x\", \(tag)", "*"] {
        headers["if-none-match"] = ByteString(known)
        let again = try await ask("/assets/base.css", headers)
        #expect(again.response.status.code == 304 && again.body.isEmpty, "\(known)")
        #expect(again.response.headers["etag"] == tag)
        #expect(again.response.headers["cache-control"] == "no-cache")
        #expect(again.response.headers["content-type"] == nil)
      }
    }
  }

  @Test func `the two forms of a file have tags of their own`() async throws {
    let plain = try await ask("/assets/base.css").response.headers["etag"]
    let changed = try await ask(
      "/assets/base.css", ["accept-encoding": "gzip", "if-none-match": "\(plain ?? "")"])
    #expect(changed.response.status == .ok)
    #expect(changed.response.headers["etag"] != plain)
  }

  @Test func `every answer says what a page may do`() async throws {
    for path in ["/", "/assets/base.css", "/assets/service.json"] {
      let headers = try await ask(path, Self.browser).response.headers
      let policy = try #require(headers["content-security-policy"]?.string(limit: 1000))
      for rule in [
        "default-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "img-src 'self' blob:", "base-uri 'none'",
      ] { #expect(policy.contains(rule), "\(rule)") }
      #expect(!policy.contains("unsafe"))
      #expect(headers["referrer-policy"] == "no-referrer")
      #expect(headers["cross-origin-opener-policy"] == "same-origin")
    }
    #expect(try await ask("/", Self.browser).response.headers.lists("accept", in: "vary"))
  }
}
