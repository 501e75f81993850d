import Foundation
import Testing

@Suite struct FabricateTests {
  @Test func `a fabricated model passes the check, and renders`() throws {
    let program = try IrisProgram()
    let written = try program.run("model", "fabricate", "--shape", "tiny", "made", "-s1")
    #expect(written.status == 0, "\(written.errors)")
    #expect(written.output.contains("transformer, residual stream: x30 at 13 77"))
    #expect(written.errors.contains("writing transformer/diffusion_pytorch_model.safetensors"))
    let checked = try program.run("model", "made")
    #expect(checked.status == 0 && checked.output.contains("complete"), "\(checked.errors)")
    let rendered = try program.run(
      "generate", "a fox", "--model", "made", "--size", "64x64", "--steps", "1", "-s1", "-o",
      "fox.png")
    #expect(rendered.status == 0, "\(rendered.errors)")
    #expect(try program.files == ["fox.png", "made"])
  }

  @Test func `a folder with anything in it is left as it is`() throws {
    let program = try IrisProgram()
    let folder = program.directory.appending(path: "made")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    try Data().write(to: folder.appending(path: "mine"))
    let outcome = try program.run("model", "fabricate", "--shape", "tiny", "made/")
    #expect(outcome.status == 1 && outcome.errors.contains("nothing is overwritten"))
    #expect(try program.files == ["made"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["mine"])
  }

  @Test func `--outliers none plants none`() throws {
    let program = try IrisProgram()
    let outcome = try program.run(
      "model", "fabricate", "--shape", "tiny", "made", "--outliers", "none", "--quiet")
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(!outcome.output.contains("residual"))
  }
}
