import Foundation
import Imaging
import Testing

@Suite struct GoldenCommandTests {
  /// A folder of goldens beside the program, of a small random model.
  struct Site {
    let program: IrisProgram

    init() throws {
      program = try IrisProgram()
      try FileManager.default.createDirectory(
        at: program.directory.appending(path: "goldens"), withIntermediateDirectories: true)
      try write(
        """
        {"version": 1, "goldens": [
          {"id": "fox", "prompt": "a fox", "seed": 7, "size": "64x64"},
          {"id": "cat", "prompt": "a cat", "seed": 8, "size": "80x64"}]}
        """, to: "goldens/manifest.json")
    }

    func run(_ arguments: String...) throws -> IrisProgram.Outcome {
      try program.run(
        ["golden"] + arguments + ["--model", RenderTests.model, "--output", "sheets"])
    }

    func write(_ text: String, to file: String) throws {
      try Data(text.utf8).write(to: program.directory.appending(path: file))
    }

    func data(_ file: String) throws -> Data {
      try Data(contentsOf: program.directory.appending(path: file))
    }

    /// When a file was last replaced.
    func identity(_ file: String) throws -> Int? {
      try FileManager.default.attributesOfItem(
        atPath: program.directory.appending(path: file).path)[.systemFileNumber] as? Int
    }

    func raster(_ file: String) throws -> Raster {
      try RenderTests.raster(program.directory.appending(path: file))
    }
  }

  @Test func `checking passes what is recorded: a line each, status 0 and no other file`() throws {
    let site = try Site()
    let recorded = try site.run("record", "--all")
    #expect(recorded.status == 0, "\(recorded.errors)")
    try FileManager.default.removeItem(at: site.program.directory.appending(path: "sheets"))
    let outcome = try site.run("check")
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count == 3)
    for (line, id) in zip(lines, ["fox", "cat"]) {
      #expect(line.hasPrefix(id + " ") && line.hasSuffix(" exact"))
      #expect(line.contains("worst   0") && line.contains("PSNR   inf dB"))
    }
    #expect(lines[2].hasPrefix("2 of 2 as recorded, 2 of them exactly, "))
    #expect(try site.program.files == ["goldens"])
  }

  @Test func `a failure has its figures, an image side by side and status 1; others still pass`()
    throws
  {
    let site = try Site()
    _ = try site.run("record", "--all")
    // The fox's image is recorded from another seed now.
    let text = String(decoding: try site.data("goldens/manifest.json"), as: UTF8.self)
    try site.write(
      text.replacing(#""seed": 7"#, with: #""seed": 70"#), to: "goldens/manifest.json")
    let outcome = try site.run("check")
    #expect(outcome.status == 1)
    #expect(outcome.errors == "iris: 1 of 2 goldens failed: fox\n")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[0].contains("FAILED") && lines[0].hasSuffix("see sheets/fox.png"))
    #expect(lines[1].hasPrefix("cat") && lines[1].hasSuffix("exact"))
    #expect(try site.raster("sheets/fox.png").width == 3 * 64 + 2 * 8)
    #expect(try site.run("check", "cat").status == 0)
    #expect(try site.run("check", "cat", "fox").status == 1)
  }

  @Test
  func
    `a render of another hash is within the tolerance until it is approved, and its image stays`()
    throws
  {
    let site = try Site()
    _ = try site.run("record", "--all")
    let text = String(decoding: try site.data("goldens/manifest.json"), as: UTF8.self)
    try site.write(
      text.replacing(/"[0-9a-f]{64}"/, with: "\"\(String(repeating: "0", count: 64))\""),
      to: "goldens/manifest.json")
    let before = try site.identity("goldens/images/fox.png")
    let checked = try site.run("check")
    #expect(checked.status == 0 && checked.output.contains("inf dB  within tolerance\n"))
    #expect(checked.output.contains("2 of 2 as recorded, 0 of them exactly, "))
    let approved = try site.run("record", "fox")
    #expect(approved.status == 0 && approved.output.contains("approved on "))
    #expect(approved.output.contains("1 of 1 approved, "))
    #expect(try site.identity("goldens/images/fox.png") == before)
    #expect(try site.run("check").output.contains("2 of 2 as recorded, 1 of them exactly, "))
  }

  @Test func `a golden that was never recorded fails the check`() throws {
    let site = try Site()
    let outcome = try site.run("check", "fox")
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("FAILED: never recorded"))
    #expect(
      !FileManager.default.fileExists(atPath: site.program.directory.path + "/goldens/images"))
  }

  @Test func `recording asks to be told what: without IDs nothing is rendered or written`() throws {
    let site = try Site()
    let before = try site.data("goldens/manifest.json")
    for arguments in [["record"], ["record", "fox", "--all"], ["record", "fxo"]] {
      let outcome = try site.program.run(["golden"] + arguments + ["--model", RenderTests.model])
      #expect(outcome.status == 2)
      #expect(outcome.errorLines.count == 1 && outcome.output.isEmpty)
    }
    #expect(try site.data("goldens/manifest.json") == before)
    #expect(try site.program.files == ["goldens"])
  }

  @Test func `recording writes the new image alone first, and then before, after and differences`()
    throws
  {
    let site = try Site()
    let new = try site.run("record", "fox")
    #expect(new.output.contains("new: sheets/fox.png"))
    let first = try site.raster("goldens/images/fox.png")
    #expect(try site.raster("sheets/fox.png") == first)
    let text = String(decoding: try site.data("goldens/manifest.json"), as: UTF8.self)
    #expect(text.contains(#""recorded_on": ""#))
    try site.write(
      text.replacing(#""seed": 7"#, with: #""seed": 70"#), to: "goldens/manifest.json")
    let again = try site.run("record", "fox")
    #expect(again.output.contains("recorded: sheets/fox.png") && again.output.contains(" dB"))
    let second = try site.raster("goldens/images/fox.png")
    #expect(second != first)
    let sheet = try site.raster("sheets/fox.png")
    #expect(sheet.cropped(x: 0, y: 0, width: 64, height: 64) == first)
    #expect(sheet.cropped(x: 72, y: 0, width: 64, height: 64) == second)
    #expect(try site.program.files == ["goldens", "sheets"])
  }

  @Test func `what renders as it was recorded is not written again`() throws {
    let site = try Site()
    _ = try site.run("record", "fox")
    let files = ["goldens/manifest.json", "goldens/images/fox.png"]
    let before = try files.map { try site.identity($0) }
    let outcome = try site.run("record", "fox")
    #expect(outcome.status == 0 && outcome.output.contains("unchanged"))
    #expect(try files.map { try site.identity($0) } == before)
    #expect(
      !FileManager.default.fileExists(
        atPath: site.program.directory.path + "/goldens/images/cat.png"))
  }

  @Test func `other folders can be named, and a faulty manifest is one line and status 1`() throws {
    let site = try Site()
    try FileManager.default.moveItem(
      at: site.program.directory.appending(path: "goldens"),
      to: site.program.directory.appending(path: "elsewhere"))
    #expect(try site.run("record", "fox").status == 1)
    #expect(try site.run("record", "fox", "--goldens", "elsewhere", "--loras", "none").status == 0)
    try site.write(
      #"{"version": 1, "goldens": [{"id": "fox", "prompt": "a fox", "seed": 7, "lora": "dark"}]}"#,
      to: "elsewhere/manifest.json")
    let outcome = try site.run("check", "--goldens", "elsewhere")
    #expect(outcome.status == 1 && outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("golden `fox`: there is no LoRA of that name"))
  }
}
