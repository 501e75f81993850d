import Foundation
import TestSupport
import Testing

/// The clients that people use, against the program as they would run it: the scripts in `Tests/SDK`.
@Suite struct ClientTests {
  @Test(
    .enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"),
    arguments: ["openai_sdk.py", "openai_errors.py"])
  func `the official openai package for Python`(script: String) async throws {
    try await check(.python, script)
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `the openai package asks for what the operator lets it`() async throws {
    try await check(
      .python, "openai_widened.py",
      options: [
        "--images-per-request", "3", "--output-formats", "jpeg,webp", "--masks",
        "--negative-prompts", "--image-folder", "made", "--image-url",
        "http://images.example/made",
      ])
  }

  @Test(.enabled(if: ServiceClient.olderPackages.isInstalled, "\(ServiceClient.missing)"))
  func `the openai package of older major versions, as it asks when nothing is set`() async throws {
    try await check(
      .olderPackages, "pypi_clients.py", "openai_0", "openai_1", "openai_2",
      options: Self.obliging)
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `the requests of clients that are not installed here`() async throws {
    try await check(.python, "replayed_clients.py", options: Self.obliging)
  }

  /// For clients that cannot be told a model or a size.
  private static let obliging = [
    "--model-aliases", "dall-e-2,dall-e-3,gpt-image-1", "--model-optional", "--oversize", "scale",
    "--max-size", "128", "--max-edit-size", "128",
  ]

  @Test(.enabled(if: ServiceClient.node.isInstalled, "\(ServiceClient.missing)"))
  func `the fetch of Node`() async throws {
    try await check(.node, "fetch.mjs")
  }

  @Test(.enabled(if: ServiceClient.curl.isInstalled, "\(ServiceClient.missing)"))
  func `curl`() async throws {
    try await check(.curl, "curl.sh")
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `schemathesis finds no answer that the OpenAPI document does not have`() async throws {
    try await check(.python, "openapi_cases.py")
  }

  @Test(
    .enabled(
      if: ServiceClient.python.isInstalled && ServiceClient.node.isInstalled
        && ServiceClient.curl.isInstalled, "\(ServiceClient.missing)"))
  func `every example of the documentation runs as it stands`() async throws {
    try await check(.python, "examples.py")
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `the openai package gives up a render that is late, without asking again`() async throws {
    try await check(
      .python, "openai_errors.py", "a_late_render", options: ["--deadline", "1"],
      logs: ("backend_timeout", 1))
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `the openai package is told that a key was revoked`() async throws {
    try await check(.python, "openai_errors.py", "a_revoked_key") { program, _ in
      let list = try program.run("keys", "list", "--json", "--data", "data").output
      let id = try #require(list.split(separator: "\"").first { $0.hasPrefix("key_") })
      #expect(try program.run("keys", "revoke", String(id), "--data", "data").status == 0)
    }
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `the openai package is told that the service ends`() async throws {
    try await check(
      .python, "openai_errors.py", "a_draining_service", options: ["--drain-wait", "600"]
    ) { _, service async throws in
      service.signal(SIGTERM)
      #expect(
        try await eventually {
          try await service.get(service.address + "/readyz").status != 200
        })
    }
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `the openai package is told of a fault inside, in an answer and in a stream`() async throws {
    let program = try IrisProgram()
    let model = program.directory.appending(path: "broken")
    try Repository.copy(RunningService.model, to: model.path)
    let weights = model.appending(path: "transformer/diffusion_pytorch_model.safetensors")
    var bytes = try Data(contentsOf: weights)
    // No numbers, in every type.
    bytes.replaceSubrange(bytes.count - 64..<bytes.count, with: Data(repeating: 0xFF, count: 64))
    try bytes.write(to: weights)
    try await check(
      .python, "openai_errors.py", "a_fault_inside", "a_fault_inside_a_stream", model: model.path,
      in: program, logs: ("internal_error", 2))
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `the openai package is told of a LoRA that cannot be used, without asking again`()
    async throws
  {
    let program = try IrisProgram()
    let loras = program.directory.appending(path: "loras")
    try FileManager.default.createDirectory(at: loras, withIntermediateDirectories: true)
    try Data(#"{"version": 1, "loras": [{"name": "broken", "file": "absent.safetensors"}]}"#.utf8)
      .write(to: loras.appending(path: "registry.json"))
    try await check(
      .python, "openai_errors.py", "a_lora_that_cannot_be_used", in: program,
      logs: (#""invalid_request_error""#, 1))
  }

  /// Runs a script against a service of its own.
  /// - Parameters:
  ///   - checks: The checks to run; none names the usual ones.
  ///   - logs: A code and the number of times that the service must log it; the usual checks provoke no fault inside.
  ///   - prepare: Brings the service into a state.
  private func check(
    _ client: ServiceClient, _ script: String, _ checks: String..., options: [String] = [],
    model: String = RunningService.model, in given: IrisProgram? = nil,
    logs expected: (code: String, count: Int) = ("internal_error", 0),
    prepare: (IrisProgram, RunningService) async throws -> Void = { _, _ in }
  ) async throws {
    let program = try given ?? IrisProgram()
    let service = try RunningService(program, ["--queue", "8"] + options, model: model)
    defer { service.process.terminate() }
    let token = try service.firstToken()
    try await prepare(program, service)
    let outcome = try await client.run(script, [service.address, token] + checks)
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(service.process.isRunning, "the service ended")
    let count = { try service.log.components(separatedBy: expected.code).count - 1 }
    // The log is written a moment after the answer.
    #expect(try await eventually { try count() >= expected.count })
    let log = try service.log
    #expect(try count() == expected.count, "\(log.suffix(4000))")
  }
}
