import Foundation
import TestSupport
import Testing

/// `iris serve` with a list of models in its configuration file.
@Suite struct ModelListTests {
  private static let tiny = RunningService.model
  private static let embedded = Repository.path("models/iris-tiny")

  private func write(_ file: String, _ program: IrisProgram) throws {
    try Data(file.utf8).write(to: program.directory.appending(path: "iris.json"))
  }

  @Test(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
  func `the openai package asks for each of two models`() async throws {
    let program = try IrisProgram()
    try write(
      #"""
      {"models": [
        {"id": "epithre-iris", "path": "\#(Self.tiny)", "loras": []},
        {"id": "small", "path": "\#(Self.embedded)", "aliases": ["dall-e-3"], "precision": "int8",
          "price": "0.02", "max_size": 128, "images_per_request": 2, "owner": "operator"}]}
      """#, program)
    let service = try RunningService(program, ["--config", "iris.json"], model: nil)
    defer { service.process.terminate() }
    #expect(try !service.log.contains("small renders in"))
    let outcome = try await ServiceClient.python.run(
      "openai_models.py", [service.address, try service.firstToken()])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(try service.log.contains("small renders in int8"))
    #expect(
      try await eventually { try service.log.contains(#""model":"small""#) },
      "no request names its model")
  }

  @Test(arguments: [
    (
      #"[{"id": "a", "path": "TINY"}, {"id": "b", "path": "TINY", "aliases": ["a"]}]"#,
      "called `a` already"
    ),
    (#"[{"id": "a", "path": "TINY", "loras": ["ink"]}]"#, "offers the LoRA `ink`"),
    (#"[{"id": "a", "path": "TINY", "loras": "/nowhere"}]"#, "no registry.json there"),
    (#"[{"id": "a", "path": "TINY", "price": "-1"}]"#, "models[0]); it must be an amount"),
    (
      #"[{"id": "a", "path": "TINY"}, {"id": "b", "path": "nowhere"}]"#,
      "no model directory nowhere"
    ),
  ])
  func `a list that cannot be served is refused before anyone is let in`(
    models: String, words: String
  ) throws {
    let program = try IrisProgram()
    try write(#"{"models": \#(models.replacing("TINY", with: Self.tiny))}"#, program)
    let outcome = try program.run("serve", "--no-auth", "--port", "0", "--config", "iris.json")
    #expect(outcome.status != 0 && outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test func `a model may have a registry of LoRAs of its own`() async throws {
    let program = try IrisProgram()
    try write(
      #"""
      {"models": [
        {"id": "epithre-iris", "path": "\#(Self.tiny)"},
        {"id": "small", "path": "\#(Self.embedded)", "loras": "\#(Repository.path("loras"))"}]}
      """#, program)
    let service = try RunningService(program, ["--config", "iris.json", "--no-auth"], model: nil)
    defer { service.process.terminate() }
    let styled = try await service.render(#","lora":"dark""#, model: "small", token: nil)
    #expect(styled.status == 200, "\(styled.body.prefix(300))")
    let refused = try await service.render(#","lora":"dark""#, token: nil)
    #expect(refused.status == 400, "\(refused.body)")
  }

  @Test func `a model beside the list is refused`() throws {
    let program = try IrisProgram()
    try write(#"{"models": [{"id": "a", "path": "\#(Self.tiny)"}]}"#, program)
    let outcome = try program.run(
      "serve", "--no-auth", "--config", "iris.json", "--model-id", "b")
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("model_id (flag --model-id) and models exclude each other"))
  }
}
