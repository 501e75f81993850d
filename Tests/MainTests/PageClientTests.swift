import Foundation
import TestSupport
import Testing

/// The pages in a browser, with the embedded model: the scripts of `Tests/SDK` that drive Chromium.
@Suite(.enabled(if: ServiceClient.browser.isInstalled, "\(ServiceClient.missing)"))
struct PageClientTests {
  private static let model = Repository.root.appending(path: "models/iris-tiny").path

  /// A service with the LoRAs of the repository.
  private func start(_ options: String...) throws -> (program: IrisProgram, service: RunningService)
  {
    let program = try IrisProgram()
    try Repository.copy(
      Repository.path("loras"), to: program.directory.appending(path: "loras").path)
    return (program, try RunningService(program, options, model: Self.model))
  }

  @Test(arguments: ["playground.py", "playground_access.py"])
  func `people make pictures in the playground`(script: String) async throws {
    let (_, service) = try start()
    defer { service.process.terminate() }
    let outcome = try await ServiceClient.browser.run(
      script, [service.address, service.firstToken()])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(service.process.isRunning, "the service ended")
    #expect(try !service.log.contains("internal_error"))
  }

  @Test func `what the operator allows is offered in the playground`() async throws {
    let (_, service) = try start(
      "--images-per-request", "3", "--output-formats", "jpeg,webp", "--masks",
      "--negative-prompts", "--lora-strengths=-1:2")
    defer { service.process.terminate() }
    let outcome = try await ServiceClient.browser.run(
      "playground_widened.py", [service.address, service.firstToken()])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(try !service.log.contains("internal_error"))
  }

  @Test func `the playground offers the models of a service, each with its limits and price`()
    async throws
  {
    let program = try IrisProgram()
    let models = """
      {"models": [{"id": "epithre-iris", "path": "\(Self.model)"},
        {"id": "small", "path": "\(Self.model)", "aliases": ["dall-e-3"], "price": "0.02", "loras": [],
          "max_size": 128, "images_per_request": 2, "masks": true}]}
      """
    try Data(models.utf8).write(to: program.directory.appending(path: "iris.json"))
    let service = try RunningService(program, ["--config", "iris.json"], model: nil)
    defer { service.process.terminate() }
    let outcome = try await ServiceClient.browser.run(
      "playground_widened.py", [service.address, service.firstToken(), "each_of_two_models"])
    #expect(outcome.status == 0, "\(outcome.output)")
  }

  @Test(arguments: ["dashboard.py", "dashboard_access.py"])
  func `keys are made and limited in the dashboard, and their use is seen`(script: String)
    async throws
  {
    let (program, service) = try start("--admin-port", "0")
    defer { service.process.terminate() }
    let admin = try await AdminAccess(service, program)
    let outcome = try await ServiceClient.browser.run(
      script, [service.address, service.firstToken()],
      environment: [
        "IRIS_ADMIN": admin.url.replacing("/admin/v1", with: ""), "IRIS_ADMIN_TOKEN": admin.token,
      ])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(try !service.log.contains("internal_error"))
  }

  @Test func `the playground of a service without keys asks for none`() async throws {
    let (_, service) = try start("--no-auth")
    defer { service.process.terminate() }
    let outcome = try await ServiceClient.browser.run(
      "playground.py", [service.address, "none", "a_service_without_keys"])
    #expect(outcome.status == 0, "\(outcome.output)")
  }
}
