import Foundation
import Testing

@Suite struct ProductOptionTests {
  private let program: IrisProgram

  init() throws { program = try IrisProgram() }

  private func render(
    _ options: [String], environment: [String: String] = [:]
  ) throws -> IrisProgram.Outcome {
    try program.run(
      [
        "generate", "a fox", "--model", ModelTests.model("tiny"), "--size", "64x64", "--steps",
        "1", "--seed", "1", "-t2", "-o", "fox.png",
      ] + options, environment: environment)
  }

  @Test(arguments: ["iris", "openblas", "onednn"])
  func `the chosen provider multiplies, and is named`(provider: String) throws {
    let outcome = try render(["--products", provider, "--precision", "float32", "--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(object["products"] as? String == provider)
    #expect((object["products_reason"] as? String)?.hasSuffix(": asked for") == true)
    let note = outcome.errorLines.filter { $0.contains("multiplies by") }
    #expect(note.count == (provider == "iris" ? 0 : 1))
  }

  @Test func `a precision that a library lacks is multiplied by iris, and that is said once`()
    throws
  {
    let outcome = try render(["--products", "openblas", "--precision", "int8"])
    #expect(outcome.status == 0)
    let notes = outcome.errorLines.filter { $0.contains("multiplies by iris: OpenBLAS") }
    #expect(notes.count == 1 && notes.first?.contains("no products in int8") == true)
  }

  /// The files that the loader finds first are no libraries.
  @Test(arguments: [
    ("openblas", "OpenBLAS", "libopenblas.so.0"), ("onednn", "oneDNN", "libdnnl.so."),
  ])
  func `a library that cannot be opened is an error where it was asked for, and none otherwise`(
    provider: String, name: String, file: String
  ) throws {
    let minors = (0...30).map { ".\($0)" } + [""]
    for version in [""] + minors.flatMap({ ["2" + $0, "3" + $0] }) {
      try Data("none".utf8).write(to: program.directory.appending(path: file + version))
    }
    let environment = ["LD_LIBRARY_PATH": program.directory.path]
    let outcome = try render(["--products", provider], environment: environment)
    #expect(outcome.status == 1 && outcome.output.isEmpty)
    #expect(outcome.errors.contains("cannot multiply by \(name), which Debian has in lib"))
    #expect(outcome.errors.contains(file))
    #expect(try render(["--products", "auto"], environment: environment).status == 0)
  }

  @Test func `the service has the setting, and refuses other words`() throws {
    let shown = try program.run(
      ["serve", "--print-config"], environment: ["IRIS_PRODUCTS": "onednn"])
    let line = shown.output.split(separator: "\n").first { $0.hasPrefix("products ") }
    #expect(line?.contains("onednn") == true && line?.hasSuffix("IRIS_PRODUCTS") == true)
    let refused = try program.run("serve", "--products", "mkl")
    #expect(refused.status == 2 && refused.errors.contains("auto or iris or openblas or onednn"))
  }
}
