import Foundation
import Testing

@Suite struct ClientSettingsTests {
  private static let file = """
    {"model_aliases": ["dall-e-3", "gpt-image-1=epithre-iris"], "model_optional": true,
     "oversize": "scale", "max_size": 128, "max_edit_size": "96x96"}
    """

  @Test func `they can all be set in a file, and are kept`() async throws {
    let program = try IrisProgram()
    let path = program.directory.appending(path: "iris.json")
    try Data(Self.file.utf8).write(to: path)
    let service = try RunningService(program, "--no-auth", "--config", path.path)
    defer { service.process.terminate() }
    for model in ["dall-e-3", "gpt-image-1", nil] {
      let answer = try await service.render(size: "1024x512", model: model, token: nil)
      #expect(answer.status == 200, "\(answer.body)")
      #expect(answer.body.contains(#""model":"epithre-iris""#))
      #expect(answer.body.contains(#""size":"128x64""#))
      #expect(answer.body.contains(#""code":"size_scaled""#))
    }
    #expect(try await service.render(model: "dall-e-2", token: nil).status == 400)
    let models = try await service.get(service.address + "/v1/models").body
    #expect(models.contains(#""id":"dall-e-3","root":"epithre-iris""#))
    #expect(models.contains(#""max_size":"128x128","max_edit_size":"96x96""#))
    #expect(try await service.get(service.address + "/v1/models/gpt-image-1").status == 200)
    #expect(try await service.get(service.address + "/v1/models/dall-e-2").status == 404)
  }

  @Test func `without them, nothing of it holds`() async throws {
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth")
    defer { service.process.terminate() }
    for (size, model) in [("1024x512", "epithre-iris"), ("64x64", "dall-e-3"), ("64x64", nil)] {
      #expect(try await service.render(size: size, model: model, token: nil).status == 400)
    }
    let models = try await service.get(service.address + "/v1/models").body
    #expect(!models.contains("root"))
    #expect(models.contains(#""max_size":"960x960","max_edit_size":"704x704""#))
  }

  @Test(arguments: [
    (["--model-aliases", "dall-e-3=other"], "NAME=epithre-iris"),
    (["--model-aliases", "=epithre-iris"], "a list of names"),
    (["--model-aliases", String(repeating: "a", count: 65)], "at most 64 bytes"),
    (["--lora-strengths", "1.5"], "MIN:MAX"), (["--lora-strengths", "1:0"], "MIN:MAX"),
    (["--lora-strengths", "-11:0"], "-10 to 10"), (["--lora-strengths", "0:nan"], "MIN:MAX"),
    (["--oversize", "crop"], "refuse or scale"), (["--max-size", "63"], "64x64 to 2048x2048"),
    (["--max-size", "2049"], "64x64 to 2048x2048"), (["--max-size", "1024x768"], "a square"),
    (["--max-edit-size", "big"], "a square"), (["--max-edit-size", ""], "a square"),
  ])
  func `what cannot be meant is refused before anything is loaded`(
    options: [String], expected: String
  ) throws {
    let program = try IrisProgram()
    let outcome = try program.run(["serve", "--print-config"] + options)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(expected), "\(outcome.errors)")
  }

  @Test func `a default size that does not fit into memory is said in the log`() async throws {
    let program = try IrisProgram()
    let service = try RunningService(program, "--no-auth", "--memory", "64")
    defer { service.process.terminate() }
    #expect(try service.log.contains("max_size: an image of 960x960 would take"))
    #expect(try await service.render(size: "960x960", token: nil).status == 400)
    #expect(try await service.render(token: nil).status == 200)
  }

  @Test(arguments: ["max-size", "max-edit-size"])
  func `a size that is set and does not fit into memory keeps the service from starting`(
    option: String
  ) throws {
    let program = try IrisProgram()
    let outcome = try program.run([
      "serve", "--no-auth", "--port", "0", "--metrics-port", "0", "--model", RunningService.model,
      "--data", "data", "--memory", "64", "--\(option)", "2048",
    ])
    #expect(outcome.status == 2)
    let name = option.replacing("-", with: "_")
    #expect(
      outcome.errors.contains(
        "\(name) is 2048 (flag --\(option)), but an image of 2048x2048 would take"),
      "\(outcome.errors)")
    #expect(outcome.errors.contains("memory allows 64"), "\(outcome.errors)")
  }
}
