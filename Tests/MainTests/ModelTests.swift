import Foundation
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
    try FileManager.default.copyItem(at: URL(filePath: Self.model("tiny")), to: copy)
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
