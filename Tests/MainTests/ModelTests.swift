import Foundation
import TestSupport
import Testing

@Suite struct ModelTests {
  static func model(_ name: String) -> String {
    RenderCase.folder(name).appending(path: "model").path
  }

  @Test(arguments: ["tiny", "compact"])
  func `a model's parts, parameters and memory are shown`(name: String) throws {
    let program = try IrisProgram()
    let outcome = try program.run("model", Self.model(name))
    #expect(outcome.status == 0, "\(outcome.errors)")
    for expected in [
      "model hash", "text encoder", "transformer", "autoencoder", "parameters", "memory needed",
      "complete",
    ] {
      #expect(outcome.output.contains(expected), "\(expected) in\n\(outcome.output)")
    }
  }

  @Test func `a part of a directory is replaced by a file, whose format is shown`() throws {
    let program = try IrisProgram()
    for format in ["bfloat16", "q8_0"] {
      let made = try program.run(
        "model", "fabricate", format, "--shape", "tiny", "--format", format, "--quiet")
      #expect(made.status == 0, "\(made.errors)")
    }
    let file = "q8_0/transformer/diffusion_pytorch_model.gguf"
    let shown = try program.run("model", "bfloat16", "--transformer", file)
    #expect(shown.status == 0, "\(shown.errors)")
    #expect(shown.output.contains("  file                  \(file)\n"))
    #expect(shown.output.contains(#/stored as +GGUF: .*Q8_0 in \d+/#))
    #expect(shown.output.contains(#/stored as +safetensors: BF16 in \d+/#))
    let json = try program.run("model", "bfloat16", "--transformer", file, "--json").output
    #expect(json.contains("\"container\":\"GGUF\"") && json.contains("\"Q8_0\":"))
    func image(_ arguments: String...) throws -> Data {
      let outcome = try program.run(
        ["generate", "a fox", "--size", "64x64", "--steps", "1", "-s1", "-o", "fox.png"] + arguments
      )
      #expect(outcome.status == 0, "\(outcome.errors)")
      let image = program.directory.appending(path: "fox.png")
      defer { try? FileManager.default.removeItem(at: image) }
      return try Data(contentsOf: image)
    }
    let replaced = try image("--model", "bfloat16", "--transformer", file)
    #expect(try replaced != image("--model", "bfloat16"))
    // The text encoder of the other directory has other weights.
    #expect(try replaced != image("--model", "q8_0"))
    let config = try program.run("serve", "--print-config", "--transformer", file)
    #expect(config.output.contains(#/transformer +q8_0\/.*\.gguf +flag --transformer/#))
  }

  @Test func `--json prints the same as one object`() throws {
    let program = try IrisProgram()
    let outcome = try program.run("model", Self.model("tiny"), "--json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let components = try #require(object["components"] as? [String: [String: Any]])
    #expect(Set(components.keys) == ["text encoder", "transformer", "autoencoder"])
    let parameters = components.values.compactMap { $0["parameters"] as? Int }
    #expect(parameters.count == 3 && parameters.reduce(0, +) == object["parameters"] as? Int)
    #expect((object["memory_bytes"] as? Int ?? 0) > 0)
  }

  @Test func `the memory is that of the precision`() throws {
    let program = try IrisProgram()
    func memory(_ precision: String) throws -> Int {
      let outcome = try program.run("model", Self.model("tiny"), "--json", "--precision", precision)
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
      return try #require(object["memory_bytes"] as? Int)
    }
    #expect(try memory("int8") < memory("bfloat16"))
    #expect(try memory("bfloat16") == memory("float32"))
    let shown = try program.run("model", Self.model("tiny"), "--precision", "int8").output
    #expect(shown.contains(#/memory needed +about .* in int8\n/#))
  }

  @Test func `a tensor that is missing is named, and the status is 1`() throws {
    let program = try IrisProgram()
    let copy = program.directory.appending(path: "model")
    try Repository.copy(Self.model("tiny"), to: copy.path)
    let configuration = copy.appending(path: "transformer/config.json")
    let text = try String(contentsOf: configuration, encoding: .utf8)
    let changed = text.replacing(
      #/"num_single_layers": (\d+)/#, with: { "\"num_single_layers\": \((Int($0.1) ?? 0) + 1)" })
    try #require(changed != text)
    try Data(changed.utf8).write(to: configuration)
    let outcome = try program.run("model", "model")
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("single"), "\(outcome.errors)")
    #expect(!outcome.output.contains("complete"))
  }
}
