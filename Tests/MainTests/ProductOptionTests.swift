import Foundation
import Imaging
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

  @Test func `an image names precision and provider, and is repeated with both`() throws {
    let first = try render(["--products", "openblas", "--precision", "int8"])
    try #require(first.status == 0, "\(first.errors)")
    let shown = try program.run("inspect", "fox.png").output.split(separator: "\n")
    #expect(shown.contains { $0.hasPrefix("precision ") && $0.hasSuffix(" int8") })
    #expect(shown.contains { $0.hasPrefix("products ") && $0.hasSuffix(" openblas") })

    let image = try Data(contentsOf: program.directory.appending(path: "fox.png"))
    func again(_ options: String...) throws -> Data {
      let model = ModelTests.model("tiny")
      let outcome = try program.run(
        ["generate", "--from", "fox.png", "--model", model, "-o", "again.png"] + options)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try Data(contentsOf: program.directory.appending(path: "again.png"))
    }
    #expect(try again() == image)
    #expect(try again("--precision", "float32") != image)
    #expect(try again("--products", "iris") != image)
  }

  @Test
  func `an image of iris' own products does not speak of them, and an earlier one of nothing`()
    throws
  {
    let outcome = try render(["--products", "iris", "--precision", "float32"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let shown = try program.run("inspect", "fox.png").output
    #expect(shown.contains("\nprecision ") && !shown.contains("\nproducts "))

    let file = program.directory.appending(path: "fox.png")
    let raster = try ImageDecoder.decode([UInt8](Data(contentsOf: file)))
    let texts = try ImageTextReader.read([UInt8](Data(contentsOf: file)))
    let earlier = try PNGEncoder.encode(raster, text: texts.filter { $0.keyword != "precision" })
    try Data(earlier).write(to: file)
    let again = try program.run(
      "generate", "--from", "fox.png", "--model", ModelTests.model("tiny"), "-o", "again.png",
      "--json")
    #expect(again.status == 0 && again.output.contains(#""precision":"float32""#))
  }

  @Test func `an image whose library is missing here is not repeated in silence`() throws {
    #expect(try render(["--products", "openblas"]).status == 0)
    try Data("none".utf8).write(to: program.directory.appending(path: "libopenblas.so.0"))
    try Data("none".utf8).write(to: program.directory.appending(path: "libopenblas.so"))
    let outcome = try program.run(
      ["generate", "--from", "fox.png", "--model", ModelTests.model("tiny"), "-o", "again.png"],
      environment: ["LD_LIBRARY_PATH": program.directory.path])
    #expect(outcome.status == 1 && outcome.errors.contains("cannot multiply by OpenBLAS"))
    #expect(outcome.errors.contains("with --products iris the new image will differ"))
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
