import API
import HTTP
import Rendering
import Synchronization
import TestSupport
import Testing

/// Real clients against responses that the program gives only in states that a test cannot wait for.
@Suite struct ClientSurvivalTests {
  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func
    `the openai package raises the documented exception for every code, and asks again where it may`()
    async throws
  {
    let server = try Server(
      at: .tcp(host: "127.0.0.1", port: 0), handler: try CatalogueDouble())
    defer { server.stop() }
    try await Self.check(.python, "openai_catalogue.py", server, "esk_live_any")
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `interim answers reach the openai package, and nobody whom they break`() async throws {
    let (site, server) = try slowSite()
    defer { server.stop() }
    try await Self.check(.python, "interim.py", server, site.token)
  }

  @Test(.enabled(if: ServiceClient.node.isInstalled, "\(ServiceClient.missing)"))
  func `interim answers reach Node`() async throws {
    let (site, server) = try slowSite()
    defer { server.stop() }
    try await Self.check(.node, "fetch.mjs", server, site.token, "interimAnswers")
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `the openai package comes back to a busy service when it was told to`() async throws {
    let lines = Mutex<[String]>([])
    let log = AccessLog(format: .json) { line in lines.withLock { $0.append(line) } }
    let site = try TestSite(stub: StubRendering(isHeld: true), capacity: 1, log: log)
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service)
    defer { server.stop() }
    async let first = site.generate()
    #expect(try await eventually { site.stub.plans.count == 1 })
    async let second = site.generate()
    #expect(try await eventually { site.renders.statistics.waiting == 1 })

    async let client: Void = Self.check(
      .python, "openai_errors.py", server, site.token, "a_busy_service")
    let statuses = { @Sendable in
      lines.withLock { $0.map { $0.contains(#""status":429"#) ? 429 : 200 } }
    }
    #expect(try await eventually { !statuses().isEmpty })
    site.stub.release()
    try await client
    #expect(statuses().first == 429)
    #expect(statuses().last == 200)
    #expect(try await first.status == 200)
    #expect(try await second.status == 200)
  }

  /// A service whose renders outlast the interval of its interim answers.
  private func slowSite() throws -> (TestSite, Server) {
    let site = try TestSite(stub: StubRendering(stepSeconds: 0.25)) { $0.processingSeconds = 0.2 }
    return (site, try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service))
  }

  private static func check(
    _ client: ServiceClient, _ script: String, _ server: Server, _ arguments: String...
  ) async throws {
    let outcome = try await client.run(script, ["http://\(server.address)"] + arguments)
    #expect(outcome.status == 0, "\(outcome.output)")
  }
}
