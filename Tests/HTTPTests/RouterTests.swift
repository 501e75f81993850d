import HTTP
import Testing
import Text

@Suite struct RouterTests {
  private struct Routes: Handler {
    var router = Router()

    init() {
      router.on(.get, "/") { _, _ in .respond(Response(.ok, text: "home")) }
      router.on(.get, "/v1/models/{id}") { _, values in
        .respond(Response(.ok, text: "\(values["id"] ?? "none")"))
      }
      router.on(.post, "/echo") { _, _ in
        .accept(bodyLimit: 8) { request, exchange in
          exchange.sendProcessing()
          return Response(.ok, body: .bytes(request.body))
        }
      }
      router.on(.get, "/echo") { head, _ in
        .respond(Response(.ok, text: "\(head.target.query.first?.value ?? "")"))
      }
      router.on(.get, "/events") { _, _ in
        .accept(bodyLimit: 0) { _, _ in
          .events { events in
            try await events.send(comment: "ping")
            try await events.send(event: "done", data: "{}")
          }
        }
      }
      router.on(.get, "/broken") { _, _ in .accept { _, _ in throw CancellationError() } }
    }

    func admit(_ head: RequestHead) throws -> Admission { try router.admit(head) }
  }

  private let client = InProcessClient(Routes())

  @Test(arguments: [
    ("/", "home"), ("/v1/models/epithre-iris", "epithre-iris"), ("/v1/models/a%2fb", "a/b"),
    ("/echo?x=y", "y"),
  ])
  func `a path selects its route`(_ target: String, text: String) async throws {
    let (response, body) = try await client.send(.get, target)
    #expect(response.status == .ok && String(decoding: body, as: UTF8.self) == text)
  }

  @Test(arguments: [
    "/v1", "/v1/models", "/v1/models/", "/v1/models/a/b", "//echo", "/echo/", "/Echo",
  ])
  func `a path without a route is 404`(_ target: String) async throws {
    #expect(try await client.send(.get, target).response.status == .notFound)
  }

  @Test func `another method is 405 with the allowed methods`() async throws {
    let (response, _) = try await client.send(.delete, "/echo")
    #expect(response.status == .methodNotAllowed && response.headers["Allow"] == "GET, POST")
  }

  @Test func `HEAD is served where GET is`() async throws {
    let (response, body) = try await client.send(.head, "/")
    #expect(response.status == .ok && body.isEmpty)
    #expect(try await client.send(.head, "/none").response.status == .notFound)
  }

  @Test func `a body is read up to the route's limit`() async throws {
    let text = Array("12345678".utf8)
    #expect(try await client.send(.post, "/echo", body: text).body == text)
    let (response, _) = try await client.send(.post, "/echo", body: text + [0x39])
    #expect(response.status == .contentTooLarge)
  }

  @Test func `a stream is collected`() async throws {
    let (response, body) = try await client.send(.get, "/events")
    #expect(response.headers["content-type"] == "text/event-stream; charset=utf-8")
    #expect(String(decoding: body, as: UTF8.self) == ": ping\n\nevent: done\ndata: {}\n\n")
  }

  @Test func `an unknown error is 500 without details`() async throws {
    let (response, body) = try await client.send(.get, "/broken")
    #expect(response.status == .internalServerError)
    #expect(String(decoding: body, as: UTF8.self) == "Internal Server Error\n")
  }

  @Test func `a malformed target is 400`() async throws {
    #expect(try await client.send(.get, "/%zz").response.status == .badRequest)
  }
}
