import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ServeTests {
  @Test func `the first start makes a key that renders; the next start makes none`() async throws {
    let program = try IrisProgram()
    let first = try RunningService(program)
    let token = try first.firstToken()
    #expect(token.hasPrefix("esk_live_"))
    let answer = try await first.render(token: token)
    #expect(answer.status == 200 && answer.body.contains("b64_json"))
    #expect(try await first.render(token: nil).status == 401)
    first.signal(SIGTERM)
    first.process.waitUntilExit()
    #expect(first.process.terminationStatus == 0)
    #expect(try !first.log.contains(token), "the log holds the token")
    #expect(try first.log.contains("data/first-key"), "the log does not say where it is")
    let files = program.directory.appending(path: "data")
    for file in try FileManager.default.contentsOfDirectory(atPath: files.path) {
      let path = files.appending(path: file).path
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
      // The answers that are kept are in a folder.
      #expect(mode as? Int == (file == "results" ? 0o700 : 0o600), "\(file)")
    }
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

  @Test func `LoRAs that cannot be used are in the log; at SIGHUP the registry is read anew`()
    async throws
  {
    let program = try IrisProgram()
    let loras = program.directory.appending(path: "loras")
    try FileManager.default.createDirectory(at: loras, withIntermediateDirectories: true)
    func list(_ entries: String) throws {
      try Data(#"{"version": 1, "loras": [\#(entries)]}"#.utf8)
        .write(to: loras.appending(path: "registry.json"))
    }
    try list(#"{"name": "gone", "file": "gone.safetensors"}"#)
    let service = try RunningService(program, "--no-auth", "--drain-wait", "0")
    #expect(try service.log.contains("iris: the LoRA `gone` cannot be used: "))
    let refused = try await service.render(#", "lora": "gone""#, token: nil)
    #expect(refused.status == 400 && refused.body.contains(#""param":"lora""#))
    let file = RenderCase.folder("tiny").appending(path: "lora/peft.safetensors").path
    try list(#"{"name": "style", "file": "\#(file)"}"#)
    service.signal(SIGHUP)
    #expect(
      try await eventually {
        try await service.get(service.address + "/v1/models").body.contains("style")
      })
    #expect(try await service.render(#", "lora": "style""#, token: nil).status == 200)
    try list("}")
    service.signal(SIGHUP)
    #expect(try await eventually { try service.log.contains("the LoRAs stay what they were") })
    #expect(try await service.render(#", "lora": "style""#, token: nil).status == 200)
    service.signal(SIGTERM)
    service.process.waitUntilExit()
  }

  @Test func `a signal lets accepted requests be answered, and then ends it`() async throws {
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth", "--drain-wait", "0")
    let metrics = try await service.metricsURL()
    let image = Task {
      try await service.render(size: "512x512", #", "num_steps": 50"#, token: nil)
    }
    #expect(
      try await eventually {
        try await service.get(metrics).body.contains("iris_renders_running 1")
      })
    service.signal(SIGTERM)
    #expect(try await image.value.status == 200, "an accepted request was lost")
    service.process.waitUntilExit()
    #expect(service.process.terminationReason == .exit && service.process.terminationStatus == 0)
  }

  @Test func `a signal makes it not ready while it still listens; a second one ends it at once`()
    async throws
  {
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth", "--drain-wait", "600")
    #expect(try await service.get(service.address + "/readyz").status == 200)
    service.signal(SIGTERM)
    #expect(
      try await eventually {
        try await service.get(service.address + "/readyz").status != 200
      })
    #expect(try await service.get(service.address + "/readyz").status == 503)
    #expect(try await service.get(service.address + "/healthz").status == 200)
    #expect(try await service.render(token: nil).status == 503)
    service.signal(SIGTERM)
    service.process.waitUntilExit()
    #expect(service.process.terminationReason == .uncaughtSignal)
  }

  @Test func `a render that takes too long is given up, and the next one has the thread`()
    async throws
  {
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth", "--deadline", "1")
    defer { service.process.terminate() }
    let answer = try await service.render(
      size: "960x960", #", "num_steps": 50, "guidance_scale": 2"#, token: nil)
    #expect(answer.status == 504 && answer.body.contains("backend_timeout"))
    #expect(try await service.render(token: nil).status == 200)
  }

  @Test func `an image that could not fit into the memory allowed is refused`() async throws {
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth", "--memory", "64")
    defer { service.process.terminate() }
    let answer = try await service.render(size: "960x960", token: nil)
    #expect(answer.status == 400 && answer.body.contains("MB of memory"), "\(answer.body)")
    #expect(try await service.render(token: nil).status == 200)
  }

  @Test func `metrics have a listener of their own`() async throws {
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth")
    defer { service.process.terminate() }
    let metrics = try await service.get(try await service.metricsURL())
    #expect(metrics.status == 200 && metrics.body.contains("# TYPE"))
    #expect(try await service.get(service.address + "/metrics").status == 404)
  }

  @Test func `it listens before the model is loaded, and ends if that fails`() throws {
    let program = try IrisProgram()
    let model = program.directory.appending(path: "model")
    try Repository.copy(RunningService.model, to: model.path)
    try Data("{}".utf8).write(to: model.appending(path: "tokenizer/tokenizer.json"))
    let outcome = try program.run(
      "serve", "--no-auth", "--port", "0", "--metrics-port", "0", "--model", model.path)
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty, "it said that it is ready")
    #expect(outcome.errorLines.first?.contains("/metrics") ?? false, "\(outcome.errors)")
    #expect(outcome.errorLines.last?.contains("tokenizer.json") ?? false, "\(outcome.errors)")
  }

  @Test func `a port that is taken, or a model that is not there, is one line and status 1`() throws
  {
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth")
    defer { service.process.terminate() }
    let port = try #require(service.address.split(separator: ":").last)
    for (options, expected) in [
      (["--model", RunningService.model, "--port", String(port)], "already in use"),
      (["--model", "absent"], "absent"),
    ] {
      let outcome = try program.run(["serve", "--no-auth", "--metrics-port", "0"] + options)
      #expect(outcome.status == 1)
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(expected), "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
  }
}
