import Foundation
import Imaging
import Rendering
import Testing

@Suite struct InspectTests {
  static let metadata = RenderMetadata(
    prompt: "a fox\n\u{1B}[31mred", seed: 42, stepCount: 4, guidanceScale: 3.5,
    size: PixelSize(width: 768, height: 512),
    loras: [RenderMetadata.LoRA(name: "dark", strength: 0.8)], referenceCount: 1,
    strength: 0.75, modelHash: "0123456789ab", version: "1.2.3")

  static func inspect(_ text: [ImageText], _ options: String...) throws -> IrisProgram.Outcome {
    let program = try IrisProgram()
    let raster = Raster(width: 1, height: 1, pixels: [1, 2, 3])
    let png = try PNGEncoder.encode(raster, text: text)
    try Data(png).write(to: program.directory.appending(path: "fox.png"))
    return try program.run(["inspect", "fox.png"] + options)
  }

  @Test func `each field has its line, without the prompt's control characters`() throws {
    let outcome = try Self.inspect(Self.metadata.texts)
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.map(\.first) == Self.metadata.texts.map { Substring($0.keyword) })
    #expect(lines.first?.dropFirst().joined(separator: " ") == #"a fox\n\u{1b}[31mred"#)
  }

  @Test func `--json prints one object with the fields' values`() throws {
    let outcome = try Self.inspect(Self.metadata.texts, "--json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(object["prompt"] as? String == Self.metadata.prompt)
    #expect(object["seed"] as? Int == 42)
    #expect(object["guidance"] as? Double == 3.5)
    #expect(object["lora_strength"] as? Double == 0.8)
    #expect(object["model_hash"] as? String == "0123456789ab")
  }

  @Test func `an image that does not say what made it is a failure`() throws {
    let outcome = try Self.inspect([ImageText(keyword: "Comment", value: "holiday")])
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1)
  }
}
