import Foundation
import Imaging
import Testing

@Suite struct FailureTests {
  /// Runs with a garbage image and a garbage model at hand.
  static func run(_ arguments: [String]) throws -> (outcome: IrisProgram.Outcome, files: [String]) {
    let program = try IrisProgram()
    let image = program.directory.appending(path: "garbage.png")
    try Data("not an image".utf8).write(to: image)
    let model = program.directory.appending(path: "model")
    try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
    try Data("{".utf8).write(to: model.appending(path: "model_index.json"))
    let outcome = try program.run(arguments)
    return (outcome, try program.files)
  }

  static let failures: [([String], String)] = [
    (["generate", "a fox"], "models/iris-tiny"),
    (["generate", "a fox", "--model", "absent"], "absent"),
    (["generate", "a fox", "--model", "garbage.png"], "garbage.png"),
    (["generate", "a fox", "--model", "model"], "model"),
    (["generate", "a fox", "--model", "model", "--output", "absent/fox.png"], "absent"),
    (["generate", "a fox", "--model", "model", "--output", "model"], "model"),
    (["edit", "a fox", "--image", "absent.png"], "absent.png"),
    (["edit", "a fox", "--image", "garbage.png"], "garbage.png"),
    (["edit", "a fox", "--image", "model"], "not a regular file"),
    (["inspect", "absent.png"], "absent.png"),
    (["inspect", "garbage.png"], "garbage.png"),
    (["inspect", "/dev/zero"], "not a regular file"),
    (["model", "absent"], "absent"),
    (["model", "model"], "model"),
  ]

  @Test(arguments: failures.indices)
  func `a failure is one line, status 1, and leaves no file`(index: Int) throws {
    let (arguments, expected) = Self.failures[index]
    let (outcome, files) = try Self.run(
      arguments + (["generate", "edit"].contains(arguments[0]) ? ["--quiet"] : []))
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(expected), "\(outcome.errors)")
    #expect(files == ["garbage.png", "model"])
  }

  @Test func `a result that cannot be written is a failure, a notice that cannot is none`() throws {
    let program = try IrisProgram()
    let full = try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
    let (errors, result) = (Pipe(), try program.start(["version"], output: full))
    result.waitUntilExit()
    #expect(result.terminationReason == .exit && result.terminationStatus == 1)
    let notice = try program.start(["generat"], output: errors, errors: full)
    notice.waitUntilExit()
    #expect(notice.terminationReason == .exit && notice.terminationStatus == 2)
  }

  @Test func `a key whose token nobody got is no key`() throws {
    let program = try IrisProgram()
    let data = program.directory.appending(path: "data").path
    let full = try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
    let process = try program.start(
      ["keys", "create", "--name", "x", "--data", data], output: full)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    let list = try program.run("keys", "list", "--data", data, "--json").output
    #expect(list.contains(#""revoked""#), "\(list)")
  }
}
