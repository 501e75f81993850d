import Foundation
import TestSupport
import Testing

/// The clients that people use, against the program as they would run it: the scripts in `Tests/SDK`.
@Suite("Clients of the service")
struct ClientTests {
  @Test(
    "The official openai package for Python",
    .enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func openAI() async throws {
    try await Self.check(.python, script: "openai_sdk.py")
  }

  @Test(
    "The fetch of Node", .enabled(if: ServiceClient.node.isInstalled, "\(ServiceClient.missing)"))
  func node() async throws {
    try await Self.check(.node, script: "fetch.mjs")
  }

  @Test("curl", .enabled(if: ServiceClient.curl.isInstalled, "\(ServiceClient.missing)"))
  func curl() async throws {
    try await Self.check(.curl, script: "curl.sh")
  }

  @Test(
    "schemathesis finds no answer that the OpenAPI document does not have",
    .enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func document() async throws {
    try await Self.check(.python, script: "openapi_cases.py")
  }

  private static func check(_ client: ServiceClient, script: String) async throws {
    let program = try IrisProgram()
    defer { program.cleanUp() }
    let service = try RunningService(program, "--queue", "8")
    defer { service.process.terminate() }
    let token = try #require(service.lines.first)
    let outcome = try await client.run(script, [service.address, token])
    #expect(outcome.status == 0, "\(outcome.output)")
    let log = try service.log
    #expect(service.process.isRunning, "the service ended: \(log.suffix(2000))")
    #expect(!log.contains("internal_error"), "\(log)")
  }
}
