import Foundation
import TestSupport
import Testing

/// Models that were not distilled.
@Suite struct BaseModelTests {
  /// A copy of a reference model whose index says something else of its distillation.
  static func model(in program: IrisProgram, isDistilled: Bool?) throws -> String {
    let source = RenderCase.folder("tiny").appending(path: "model")
    let copy = program.directory.appending(path: "base")
    try Repository.copy(source.path, to: copy.path)
    let index = copy.appending(path: "model_index.json")
    var object = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: index)) as? [String: Any])
    object["is_distilled"] = isDistilled
    try JSONSerialization.data(withJSONObject: object).write(to: index)
    return copy.path
  }

  static func report(_ outcome: IrisProgram.Outcome) throws -> [String: Any] {
    try #require(
      JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any],
      "\(outcome.errors)")
  }

  static func render(
    _ program: IrisProgram, _ model: [String], _ options: String...
  ) throws -> (report: [String: Any], errors: [String]) {
    let outcome = try program.run(
      ["generate", "a fox", "--size", "64x64", "--seed", "1", "--quiet", "--json"] + model + options
    )
    return (try report(outcome), outcome.errorLines)
  }

  @Test(arguments: [nil, false])
  func `its images take 50 steps and guidance 4 unless something else is asked for`(
    isDistilled: Bool?
  ) throws {
    let program = try IrisProgram()
    let model = ["--model", try Self.model(in: program, isDistilled: isDistilled)]
    let (usual, silence) = try Self.render(program, model)
    #expect(usual["steps"] as? Int == 50 && usual["guidance"] as? Double == 4)
    #expect(silence.isEmpty)
    let (few, warnings) = try Self.render(program, model, "--steps", "4")
    #expect(few["steps"] as? Int == 4 && few["guidance"] as? Double == 4)
    #expect(warnings.count == 1 && warnings[0].hasPrefix("warning: this is a base model"))
    #expect(warnings[0].contains("50"))
    let shown = try program.run("model", model[1]).output
    #expect(shown.contains("default steps") && shown.contains("50"))
  }

  @Test func `a key that a configuration has twice counts as it was written last, with a warning`()
    throws
  {
    let program = try IrisProgram()
    let model = try Self.model(in: program, isDistilled: true)
    let scheduler = URL(filePath: model).appending(path: "scheduler/scheduler_config.json")
    let text = try String(contentsOf: scheduler, encoding: .utf8)
    let start = try #require(text.firstIndex(of: "{"))
    try Data(
      (#"{"use_beta_sigmas": 7, "use_beta_sigmas": false,"# + text[text.index(after: start)...])
        .utf8
    )
    .write(to: scheduler)
    let outcome = try program.run("model", model)
    #expect(outcome.status == 0)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(
      outcome.errors.hasPrefix("warning: \(scheduler.path) has the key `use_beta_sigmas` twice"),
      "\(outcome.errors)")
  }

  @Test func `a key of the index that is nearly the one that counts is named`() throws {
    let program = try IrisProgram()
    let model = try Self.model(in: program, isDistilled: nil)
    #expect(try program.run("model", model).errors.isEmpty)
    let index = URL(filePath: model).appending(path: "model_index.json")
    var object = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: index)) as? [String: Any])
    object["is_distiled"] = true
    try JSONSerialization.data(withJSONObject: object).write(to: index)
    for arguments in [
      ["model", model],
      ["generate", "a", "--size", "64x64", "--steps", "20", "--model", model, "--quiet"],
    ] {
      let outcome = try program.run(arguments)
      #expect(
        outcome.errorLines.count == 1 && outcome.errors.contains("did you mean is_distilled?"))
    }
  }

  @Test func `a distilled model keeps to 4 steps and guidance 1`() throws {
    let program = try IrisProgram()
    let model = ["--model", try Self.model(in: program, isDistilled: true)]
    let (report, errors) = try Self.render(program, model)
    #expect(report["steps"] as? Int == 4 && report["guidance"] as? Double == 1 && errors.isEmpty)
  }

  @Test func `of single files, the index around the transformer or its name tells`() throws {
    let program = try IrisProgram()
    let model = try Self.model(in: program, isDistilled: false)
    let file = "transformer/diffusion_pytorch_model.safetensors"
    func files(_ transformer: String) -> [String] {
      [
        "--transformer", transformer, "--tokenizer", "\(model)/tokenizer",
        "--autoencoder", "\(model)/vae/diffusion_pytorch_model.safetensors",
        "--text-encoder", "\(model)/text_encoder/model.safetensors",
      ]
    }
    #expect(try Self.distilled(program, files("\(model)/\(file)")) == "no")
    for (name, answer) in [
      ("flux-2-klein-4b", "yes"), ("flux-2-klein-base-4b", "no"), ("database", "yes"),
    ] {
      let file = try Self.transformer(of: model, named: name, in: program)
      #expect(try Self.distilled(program, files(file)) == answer, "\(name)")
    }
  }

  @Test(arguments: [true, false])
  func `of a file in place of a model's transformer its name tells, or the model`(
    isDistilled: Bool
  ) throws {
    let program = try IrisProgram()
    let model = try Self.model(in: program, isDistilled: isDistilled)
    for (name, answer) in [
      ("flux-2-klein-4b", "yes"), ("flux-2-klein-base-4b", "no"),
      ("my-klein", isDistilled ? "yes" : "no"),
    ] {
      let file = try Self.transformer(of: model, named: name, in: program)
      let files = [model, "--transformer", file]
      #expect(try Self.distilled(program, files) == answer, "\(name)")
    }
  }

  /// Returns the path of a model's transformer under another name, its configuration beside it.
  private static func transformer(
    of model: String, named name: String, in program: IrisProgram
  ) throws -> String {
    let folder = program.directory.appending(path: name).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (from, to) in [
      ("diffusion_pytorch_model.safetensors", "\(name).safetensors"),
      ("config.json", "config.json"),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/\(to)", withDestinationPath: "\(model)/transformer/\(from)")
    }
    return "\(folder)/\(name).safetensors"
  }

  private static func distilled(_ program: IrisProgram, _ files: [String]) throws -> String? {
    let outcome = try program.run(["model", "--json"] + files)
    return (try report(outcome)["configuration"] as? [String: String])?["distilled"]
  }
}
