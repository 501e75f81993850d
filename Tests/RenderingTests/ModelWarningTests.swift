import Flux2
import Foundation
import Rendering
import TestSupport
import Testing

/// Tests of the embedded model's warnings about requests.
@Suite struct ModelWarningTests {
  static let renderer = Result {
    try Renderer(model: .directory(Repository.path("models/iris-tiny")), threadCount: 1)
  }

  static func warnings(
    _ prompt: String, change: (inout RenderRequest) -> Void = { _ in }
  ) throws -> [RenderWarning] {
    try prepared(prompt, change: change).warnings
  }

  static func prepared(
    _ prompt: String, change: (inout RenderRequest) -> Void = { _ in }
  ) throws -> PreparedRender {
    var request = RenderRequest(prompt: prompt)
    change(&request)
    let renderer = try renderer.get()
    let plan = try request.validated(
      under: .commandLine, registry: LoRARegistry(), defaults: renderer.defaults)
    return try renderer.prepare(plan)
  }

  /// The prompts of the contact sheets, as its script lists them.
  static var sheetPrompts: [String] {
    get throws {
      let script = try String(
        contentsOfFile: Repository.path("training/contact_sheet.py"), encoding: .utf8)
      let start = try #require(script.range(of: "PROMPTS = ("))
      let end = try #require(script.range(of: "SIDE, COLUMNS"))
      return script[start.upperBound..<end.lowerBound].matches(of: /"([^"]+)"/).map { String($0.1) }
    }
  }

  @Test func `words that were not taught are named`() throws {
    let warning = try #require(try Self.warnings("A lion in the savanna at sunset.").first)
    #expect(warning.code == "unknown_words")
    #expect(warning.message == "iris-tiny does not know: lion, savanna")
    let many = (0..<20).map { "w\(String(repeating: "y", count: 30 + $0))" }.joined(separator: " ")
    let message = try #require(
      try Self.warnings(many).first { $0.code == "unknown_words" }?.message)
    #expect(message.hasSuffix("and 12 more") && message.count < 300)
  }

  @Test func `nothing is said of prompts that it draws`() throws {
    let prompts = try Self.sheetPrompts
    #expect(prompts.count >= 28)
    for prompt in prompts + ["foxes and kittens", "dua cangkir kopi", "The same in winter!"] {
      #expect(try Self.warnings(prompt).isEmpty, "\(prompt)")
    }
  }

  @Test func `of the goldens' prompts, only those that mean to be strange are`() throws {
    for golden in try GoldenRenderTests.folder.get().manifest.goldens {
      let codes = try Self.warnings(golden.request.prompt).map(\.code)
      let isStrange =
        golden.request.prompt.hasPrefix("xyzzy") || golden.request.prompt.hasPrefix("一")
      #expect(codes.contains("unknown_words") == isStrange, "\(golden.id)")
    }
  }

  @Test func `a prompt that is too long for it is counted`() throws {
    let prompt = String(repeating: "a cat and a dog ", count: 40)
    let warning = try #require(try Self.warnings(prompt).first)
    #expect(warning.code == "prompt_truncated" && warning.message.contains("the first 125"))
    #expect(try Self.prepared(prompt).promptTokenCount == 125)
  }

  @Test(arguments: [
    ("960x256", true), ("256x960", true), ("64x2048", true), ("768x768", false),
    ("960x544", false), ("512x768", false), ("704x352", false),
  ])
  func `an image that loses much of what is drawn says so`(size: String, says: Bool) throws {
    let warnings = try Self.warnings("a cat") { $0.size = PixelSize(size) }
    #expect(warnings.map(\.code) == (says ? ["picture_cropped"] : []))
    if size == "960x256" { #expect(warnings.first?.message.contains("60 %") == true) }
  }
}
