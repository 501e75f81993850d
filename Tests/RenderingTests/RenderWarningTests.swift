import Flux2
import Imaging
import Rendering
import Testing

@Suite struct RenderWarningTests {
  typealias Change = RenderRequestTests.Change

  static func codes(
    _ prompt: String = "a fox", _ defaults: RenderDefaults = .distilled,
    change: (inout RenderRequest) -> Void = { _ in }
  ) throws -> [String] {
    var request = RenderRequest(prompt: prompt)
    change(&request)
    return try request.validated(
      under: .commandLine, registry: RenderRequestTests.registry, defaults: defaults
    ).warnings.map(\.code)
  }

  static let cases: [(String, Change)] = [
    ("size_rounded", { $0.size = PixelSize(width: 770, height: 95) }),
    ("seed_reduced", { $0.seed = 1 << 32 }),
    ("lora_strength_unused", { $0.loraStrength = 0.6 }),
    (
      "strength_unused",
      {
        $0.references = [RenderRequestTests.raster(64, 64), RenderRequestTests.raster(64, 64)]
        $0.strength = 0.75
      }
    ),
    (
      "image_cropped",
      {
        $0.references = [RenderRequestTests.raster(64, 64)]
        $0.size = PixelSize(width: 704, height: 352)
      }
    ),
    ("blank_prompt", { $0.prompt = "" }), ("blank_prompt", { $0.prompt = " \n\u{3000}" }),
  ]

  @Test(arguments: cases.indices)
  func `what is asked for in vain is named`(index: Int) throws {
    let (code, change) = Self.cases[index]
    #expect(try Self.codes(change: change) == [code])
  }

  static let silent: [Change] = [
    { _ in },
    { $0.size = PixelSize(width: 768, height: 80) },
    { ($0.lora, $0.loraStrength) = (.name("dark"), 0.6) },
    { ($0.references, $0.strength) = ([RenderRequestTests.raster(64, 64)], 0.5) },
    { $0.references = [RenderRequestTests.raster(64, 64), RenderRequestTests.raster(64, 64)] },
    { ($0.stepCount, $0.guidanceScale) = (1, 8) },
    { $0.seed = (1 << 32) - 1 },
    {
      ($0.references, $0.size) = (
        [RenderRequestTests.raster(96, 64)], PixelSize(width: 64, height: 64)
      )
    },
    { $0.references = [RenderRequestTests.raster(500, 100)] },
  ]

  @Test(arguments: silent.indices)
  func `what comes about as asked is not`(index: Int) throws {
    #expect(try Self.codes(change: Self.silent[index]).isEmpty)
  }

  @Test func `a base model has defaults of its own, and says so when it is asked for fewer steps`()
    throws
  {
    let request = RenderRequest(prompt: "a fox")
    let plan = try request.validated(
      under: .commandLine, registry: LoRARegistry(), defaults: .base)
    #expect(
      plan.request.stepCount == 50 && plan.request.guidanceScale == 4 && plan.warnings.isEmpty)
    #expect(try Self.codes("a fox", .base) { $0.stepCount = 4 } == ["base_model_steps"])
    #expect(try Self.codes("a fox", .base) { $0.stepCount = 19 } == ["base_model_steps"])
    #expect(try Self.codes("a fox", .base) { $0.stepCount = 20 }.isEmpty)
    #expect(try Self.codes("a fox", .base) { $0.guidanceScale = 1 } == ["base_model_guidance"])
  }

  @Test func `warnings come once, those of the request first, in the order of the fields`() throws {
    let early = RenderWarning(.parameterIgnored, "quality has no effect")
    let codes = try Self.codes {
      $0.warnings = [early, early]
      $0.loraStrength = 1
      $0.size = PixelSize(width: 100, height: 100)
    }
    #expect(codes == ["parameter_ignored", "size_rounded", "lora_strength_unused"])
  }

  @Test func `an image carries its warnings, also those that this version does not know`() throws {
    var metadata = RenderMetadataTests.edited
    metadata.warnings = [
      RenderWarning(.sizeRounded, "a: b, c"),
      try #require(RenderWarning("from_the_future: something: else")),
    ]
    let raster = Raster(width: 1, height: 1, pixels: [1, 2, 3])
    let png = try PNGEncoder.encode(raster, text: metadata.texts)
    let read = try #require(RenderMetadata(texts: try ImageTextReader.read(png)))
    #expect(read == metadata)
    #expect(read.warnings.map(\.code) == ["size_rounded", "from_the_future"])
    #expect(read.warnings.map(\.message) == ["a: b, c", "something: else"])
  }

  @Test(arguments: [
    "", ":", ": x", "a", "a:b", "A: b", "a b: c", String(repeating: "a", count: 65) + ": b",
  ])
  func `what is no warning is none`(line: String) { #expect(RenderWarning(line) == nil) }

  @Test func `steps that are run are those that the schedule has left`() throws {
    for (steps, strength, left) in [(4, 0.75, 3), (4, 0.7, 3), (4, 0.5, 2), (4, 0, 0), (4, 1, 4)] {
      var request = RenderRequest(prompt: "a fox")
      request.references = [RenderRequestTests.raster(64, 64)]
      (request.stepCount, request.strength) = (steps, strength)
      let plan = try request.validated(
        under: .commandLine, registry: LoRARegistry(), defaults: .distilled)
      #expect(plan.request.remainingStepCount == left)
    }
  }
}
