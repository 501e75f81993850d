import Foundation
import Testing

@Suite("Serving from the command line")
struct ServeTests {
  @Test("The first start makes a key that renders; the next start makes none")
  func firstKey() async throws {
    let program = try IrisProgram()
    defer { program.cleanUp() }
    let first = try RunningService(program)
    let token = try #require(first.lines.first)
    #expect(first.lines.count == 2 && token.hasPrefix("esk_live_"))
    let answer = try await first.render(token: token)
    #expect(answer.status == 200 && answer.body.contains("b64_json"))
    #expect(try await first.render(token: nil).status == 401)
    first.signal(SIGTERM)
    first.process.waitUntilExit()
    #expect(first.process.terminationStatus == 0)
    #expect(try !first.log.contains(token), "the log holds the token")
    #expect(try !first.log.contains("red fox"), "the log holds the prompt")

    let second = try RunningService(program)
    #expect(second.lines.count == 1)
    let revoked = try program.run("keys", "list", "--json", "--data", "data").output
    let id = try #require(revoked.split(separator: "\"").first { $0.hasPrefix("key_") })
    #expect(try await second.render(token: token).status == 200)
    #expect(try program.run("keys", "revoke", String(id), "--data", "data").status == 0)
    #expect(try await second.render(token: token).status == 401)
    second.signal(SIGINT)
    second.process.waitUntilExit()
    #expect(second.process.terminationStatus == 0)
  }

  @Test("A signal makes it not ready first, and ends it once accepted requests are answered")
  func drain() async throws {
    let program = try IrisProgram()
    defer { program.cleanUp() }
    let service = try RunningService(program, "--no-auth", "--drain-wait", "2")
    #expect(try await service.get(service.address + "/readyz").status == 200)
    let picture = Task {
      try await service.render(#", "num_steps": 50, "size": "512x512""#, token: nil)
    }
    try await Task.sleep(for: .milliseconds(500))
    service.signal(SIGTERM)
    try await Task.sleep(for: .milliseconds(500))
    #expect(try await service.get(service.address + "/readyz").status == 503)
    #expect(try await service.get(service.address + "/healthz").status == 200)
    #expect(try await service.render(token: nil).status == 503)
    _ = try await picture.value
    service.process.waitUntilExit()
    #expect(service.process.terminationReason == .exit && service.process.terminationStatus == 0)
  }

  @Test("A second signal ends it at once")
  func secondSignal() async throws {
    let program = try IrisProgram()
    defer { program.cleanUp() }
    let service = try RunningService(program, "--no-auth", "--drain-wait", "600")
    service.signal(SIGTERM)
    try await Task.sleep(for: .milliseconds(300))
    #expect(service.process.isRunning)
    service.signal(SIGTERM)
    service.process.waitUntilExit()
    #expect(service.process.terminationReason == .uncaughtSignal)
  }

  @Test("Metrics have a listener of their own")
  func metrics() async throws {
    let program = try IrisProgram()
    defer { program.cleanUp() }
    let service = try RunningService(program, "--no-auth")
    defer { service.process.terminate() }
    let metrics = try await service.get(try await service.metricsURL())
    #expect(metrics.status == 200 && metrics.body.contains("# TYPE"))
    #expect(try await service.get(service.address + "/metrics").status == 404)
  }

  @Test("A port that is taken, or a model that is not there, is one line and status 1")
  func failures() throws {
    let program = try IrisProgram()
    defer { program.cleanUp() }
    let service = try RunningService(program, "--no-auth")
    defer { service.process.terminate() }
    let port = try #require(service.address.split(separator: ":").last)
    for options in [
      ["--model", RunningService.model, "--port", String(port)], ["--model", "absent"],
    ] {
      let outcome = try program.run(["serve", "--no-auth", "--metrics-port", "0"] + options)
      #expect(outcome.status == 1)
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
  }
}
