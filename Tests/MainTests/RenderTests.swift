import Foundation
import Imaging
import Testing

@Suite struct RenderTests {
  static let model = RenderCase.folder("tiny").appending(path: "model").path
  static let fox = ["generate", "a fox", "--model", model, "--size", "64x64", "--seed", "7"]

  static func raster(_ url: URL) throws -> Raster {
    try ImageDecoder.decode([UInt8](Data(contentsOf: url)))
  }

  @Test(arguments: ["tiny", "compact"])
  func `every reference render comes out of the program, within 1 and 99.9 % equal`(model: String)
    throws
  {
    let program = try IrisProgram()
    let cases = try RenderCase.all(of: model)
    #expect(cases.count > 5)
    for item in cases {
      let outcome = try program.run(item.arguments(model: model, output: "out.png"))
      #expect(outcome.status == 0, "\(item.name): \(outcome.errors)")
      let actual = try Self.raster(program.directory.appending(path: "out.png"))
      let expected = try Self.raster(
        RenderCase.folder(model).appending(path: "cases/\(item.name).png"))
      try #require(actual.width == expected.width && actual.height == expected.height)
      let differences = zip(actual.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }
      #expect((differences.max() ?? 255) <= 1, "\(item.name)")
      #expect(
        differences.count { $0 == 0 } * 1000 >= differences.count * 999,
        "\(item.name): \(differences.count { $0 != 0 }) of \(differences.count) values differ")
    }
  }

  @Test func `the number of threads changes no byte`() throws {
    let program = try IrisProgram()
    var files: Set<Data> = []
    for count in 1...3 {
      let outcome = try program.run(Self.fox + ["--threads", "\(count)", "--output", "fox.png"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      files.insert(try Data(contentsOf: program.directory.appending(path: "fox.png")))
    }
    #expect(files.count == 1)
  }

  @Test func `a LoRA at strength 0 changes no byte, and at 1 it does`() throws {
    let program = try IrisProgram()
    let lora = RenderCase.folder("tiny").appending(path: "lora/peft.safetensors").path
    let render = { (options: [String]) in
      let outcome = try program.run(Self.fox + options + ["--output", "fox.png"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try Data(contentsOf: program.directory.appending(path: "fox.png"))
    }
    let base = try render([])
    #expect(try render(["--lora", lora, "--lora-strength", "0"]) == base)
    #expect(try render(["--lora", lora, "--lora-strength", "1"]) != base)
  }

  @Test func `several LoRAs are added whatever their order, and repeated from the image`() throws {
    let program = try IrisProgram()
    let folder = RenderCase.folder("tiny").appending(path: "lora")
    try FileManager.default.createDirectory(
      at: program.directory.appending(path: "loras"), withIntermediateDirectories: true)
    for name in ["peft", "kohya_mixed"] {
      try FileManager.default.copyItem(
        at: folder.appending(path: name + ".safetensors"),
        to: program.directory.appending(path: "loras/\(name).safetensors"))
    }
    let entries = ["peft", "kohya_mixed"].map {
      #"{"name": "\#($0)", "file": "\#($0).safetensors"}"#
    }
    try Data(#"{"version": 1, "loras": [\#(entries.joined(separator: ","))]}"#.utf8)
      .write(to: program.directory.appending(path: "loras/registry.json"))
    let render = { (options: [String]) in
      let outcome = try program.run(Self.fox + options + ["--output", "fox.png"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try Data(contentsOf: program.directory.appending(path: "fox.png"))
    }
    let both = try render(["--lora", "peft=0.8", "--lora", "kohya_mixed=-0.3"])
    #expect(try render(["--lora=kohya_mixed=-0.3", "-lpeft=0.8"]) == both)
    #expect(
      try render(["--lora", "peft=0.8"]) == render(["--lora", "peft", "--lora-strength", "0.8"]))
    #expect(try render(["--lora", "peft=0.8"]) != both)
    try both.write(to: program.directory.appending(path: "both.png"))
    let again = try program.run([
      "generate", "--from", "both.png", "--model", Self.model, "--output", "again.png",
    ])
    #expect(again.status == 0, "\(again.errors)")
    #expect(try Data(contentsOf: program.directory.appending(path: "again.png")) == both)
  }

  @Test func `the LoRAs of the registry are listed with what the model can make of them`() throws {
    let program = try IrisProgram()
    let kinds = RenderCase.folder("tiny").appending(path: "kinds")
    let loras = program.directory.appending(path: "loras")
    try FileManager.default.createDirectory(at: loras, withIntermediateDirectories: true)
    try Data(
      """
      {"version": 1, "loras": [
        {"name": "dora", "file": "\(kinds.path)/lycoris_lokr_dora.safetensors", "models": ["model"]},
        {"name": "dora", "file": "klein.safetensors", "models": ["klein"], "default_strength": 1},
        {"name": "lost", "file": "lost.safetensors"}]}
      """.utf8
    ).write(to: loras.appending(path: "registry.json"))
    let outcome = try program.run("loras", "--model", Self.model)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 4 && lines[1].contains("LoKr, DoRA in 14 layers"), "\(outcome.output)")
    #expect(lines[2].contains("klein") && lines[2].contains("for other models"))
    #expect(lines[3].contains("any") && lines[3].contains("cannot be opened"))
    let json = try program.run("loras", "--model", Self.model, "--json")
    let rows = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    #expect(rows.map { $0["adapter"] as? String } == ["LoKr, DoRA in 14 layers", nil, nil])
    #expect(
      rows[1]["default_strength"] as? Double == 1 && rows[1]["models"] as? [String] == ["klein"])
  }

  @Test(arguments: [
    (["--lora", "a=0.8", "--lora-strength", "1"], "without a strength of its own"),
    (
      ["--lora", "a.safetensors", "--lora", "b.safetensors", "--lora-strength", "1"], "single LoRA"
    ),
    (["--lora", "a=much"], "LoRA=STRENGTH"), (["--lora", "a=11"], "-10 to 10"),
    (["--lora", "a.safetensors", "--lora", "a.safetensors=1"], "twice"),
    (["--lora", "none", "--lora", "a.safetensors"], "none"),
  ])
  func `strengths that say nothing clear are refused`(options: [String], words: String) throws {
    let outcome = try IrisProgram().run(Self.fox + options)
    #expect(outcome.status == 2 && outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test func `a LoRA of the registry is known by its name, at the registered strength`() throws {
    let program = try IrisProgram()
    let loras = program.directory.appending(path: "loras")
    try FileManager.default.createDirectory(at: loras, withIntermediateDirectories: true)
    let file = RenderCase.folder("tiny").appending(path: "lora/peft.safetensors").path
    let registry = """
      {"version": 1, "loras": [{"name": "dark", "file": "\(file)", "default_strength": 0.5}]}
      """
    try Data(registry.utf8).write(to: loras.appending(path: "registry.json"))
    let named = try program.run(Self.fox + ["--lora", "dark", "--output", "named.png"])
    #expect(named.status == 0, "\(named.errors)")
    let filed = try program.run(
      Self.fox + ["--lora", file, "--lora-strength", "0.5", "--output", "filed.png"])
    #expect(filed.status == 0, "\(filed.errors)")
    #expect(
      try Self.raster(program.directory.appending(path: "named.png"))
        == Self.raster(program.directory.appending(path: "filed.png")))
    let inspected = try program.run("inspect", "named.png").output
    #expect(inspected.contains("dark") && inspected.contains("0.5"))
  }

  @Test func `PEFT's configuration beside a LoRA is read, by its file and by its folder`() throws {
    let program = try IrisProgram()
    let folder = program.directory.appending(path: "style")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let plain = RenderCase.folder("tiny").appending(path: "lora/kohya.safetensors").path
    try FileManager.default.copyItem(
      atPath: plain, toPath: folder.path + "/adapter_model.safetensors")
    try Data(#"{"peft_type": "LORA", "lora_alpha": 1000}"#.utf8)
      .write(to: folder.appending(path: "adapter_config.json"))
    for path in ["style", "./style/adapter_model.safetensors"] {
      let outcome = try program.run(
        Self.fox + ["--lora", path, "--quiet", "--json", "--output", "fox.png"])
      #expect(outcome.status == 0)
      #expect(outcome.errorLines.count == 1 && outcome.errors.hasPrefix("warning: the LoRA: "))
      #expect(outcome.output.contains("adapter_alpha_conflict"))
    }
  }

  @Test func `a LoRA of the registry that cannot be used is a failure that says why`() throws {
    let program = try IrisProgram()
    let loras = program.directory.appending(path: "loras")
    try FileManager.default.createDirectory(at: loras, withIntermediateDirectories: true)
    let registry = #"{"version": 1, "loras": [{"name": "gone", "file": "gone.safetensors"}]}"#
    try Data(registry.utf8).write(to: loras.appending(path: "registry.json"))
    let outcome = try program.run(Self.fox + ["--lora", "gone", "--quiet"])
    #expect(outcome.status == 1 && outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("gone.safetensors") && outcome.errors.contains("No such file"))
    #expect(try program.files == ["loras"])
  }

  @Test func `--json prints one object about the image and nothing else`() throws {
    let program = try IrisProgram()
    let outcome = try program.run(Self.fox + ["--json", "--quiet", "--output", "fox.png"])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(outcome.output.split(separator: "\n").count == 1)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(object["file"] as? String == "fox.png")
    #expect(object["seed"] as? Int == 7)
    #expect(object["size"] as? String == "64x64")
    #expect((object["peak_memory_bytes"] as? Int ?? 0) > 1 << 20)
    let timings = try #require(object["timings"] as? [String: Double])
    #expect(Set(timings.keys) == ["loading", "prompt", "denoising", "decoding", "total"])
    #expect(timings.values.allSatisfy { $0 >= 0 })
  }

  @Test func `the image says what made it`() throws {
    let program = try IrisProgram()
    _ = try program.run(Self.fox + ["--output", "fox.png", "--guidance", "2.5"])
    let lines = try program.run("inspect", "fox.png").output.split(separator: "\n")
    for expected in [
      ["prompt", "a", "fox"], ["seed", "7"], ["guidance", "2.5"], ["size", "64x64"],
    ] {
      #expect(lines.contains { $0.split(separator: " ").map { String($0) } == expected })
    }
  }

  @Test func `a size that is rounded is mentioned`() throws {
    let program = try IrisProgram()
    let outcome = try program.run(
      ["generate", "a fox", "--model", Self.model, "--size", "95x64", "--output", "fox.png"])
    let warning = try #require(outcome.errorLines.first { $0.hasPrefix("warning: ") })
    #expect(warning.contains("95x64") && warning.contains("80x64"))
    #expect(try Self.raster(program.directory.appending(path: "fox.png")).width == 80)
  }

  @Test
  func `warnings are on standard error even when it is to be quiet, in the JSON and in the image`()
    throws
  {
    let program = try IrisProgram()
    let outcome = try program.run(
      Self.fox + ["--lora-strength", "0.5", "--json", "--quiet", "--output", "fox.png"])
    let message = "the strength of a LoRA has no effect without a LoRA"
    #expect(outcome.status == 0 && outcome.errorLines == ["warning: \(message)"])
    for json in [outcome.output, try program.run("inspect", "fox.png", "--json").output] {
      let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
      let warnings = object?["warnings"] as? [[String: String]]
      #expect(warnings == [["code": "lora_strength_unused", "message": message]])
    }
    let lines = try program.run("inspect", "fox.png").output.split(separator: "\n")
    #expect(lines.last?.hasPrefix("warnings ") == true && lines.last?.hasSuffix(message) == true)
  }

  @Test func `off a terminal, progress is plain lines, one a step`() throws {
    let program = try IrisProgram()
    let outcome = try program.run(Self.fox)
    #expect(outcome.errorLines.count { $0.contains("step") } == 5)
    #expect(!outcome.errors.contains("\r") && !outcome.errors.contains("\u{1B}"))
  }

  @Test func `a name of the program's own never replaces a file`() throws {
    let program = try IrisProgram()
    for _ in 0..<3 { #expect(try program.run(Self.fox + ["--quiet"]).status == 0) }
    #expect(try program.files == ["iris-7-2.png", "iris-7-3.png", "iris-7.png"])
  }

  @Test func `a seed is chosen and printed if none is given`() throws {
    let program = try IrisProgram()
    let outcome = try program.run(
      "generate", "a fox", "--model", Self.model, "--size", "64x64", "--quiet")
    let file = try #require(try program.files.first)
    let seed = try #require(file.split(separator: "-").last?.split(separator: ".").first)
    #expect(outcome.output.contains("seed \(seed)"))
  }

  @Test func `a file named with --output is replaced whole`() throws {
    let program = try IrisProgram()
    let url = program.directory.appending(path: "fox.png")
    try Data("old".utf8).write(to: url)
    #expect(try program.run(Self.fox + ["--output", "fox.png"]).status == 0)
    #expect(try Self.raster(url).width == 64)
    #expect(try program.files == ["fox.png"])
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `told to end, the program does so at once and leaves no file`(signal: Int32) throws {
    let program = try IrisProgram()
    let errors = Pipe()
    let process = try program.start(
      ["generate", "a fox", "--model", Self.model, "--size", "1024x1024", "--steps", "50"],
      errors: errors)
    // The first line of progress: the signals are being waited for.
    #expect(try errors.fileHandleForReading.read(upToCount: 1) != nil)
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == signal)
    #expect(try program.files.isEmpty)
  }
}
