import Flux2
import Imaging
import Rendering
import Testing

@Suite struct RenderRequestTests {
  static let registry = LoRARegistry(entries: [
    LoRARegistry.Entry(
      name: "dark", file: "/loras/dark.safetensors", description: "", defaultStrength: 0.7)
  ])

  static func raster(_ width: Int, _ height: Int) -> Raster {
    Raster(width: width, height: height, pixels: Array(repeating: 9, count: width * height * 3))
  }

  static func plan(
    _ prompt: String = "a fox", limits: RenderLimits = .commandLine,
    change: (inout RenderRequest) -> Void = { _ in }
  ) throws -> RenderPlan {
    var request = RenderRequest(prompt: prompt)
    change(&request)
    return try request.validated(under: limits, registry: registry, defaults: .distilled)
  }

  @Test func `what is not asked for has its default`() throws {
    let plan = try Self.plan()
    #expect(plan.size == PixelSize(width: 768, height: 768))
    #expect(
      plan.request.stepCount == 4 && plan.request.guidanceScale == 1 && plan.request.strength == 1)
    #expect(plan.loras.isEmpty && plan.request.references.isEmpty)
    #expect(plan.request.seed < 1 << 53)
  }

  @Test func `random seeds differ`() throws {
    let seeds = try (0..<20).map { _ in try Self.plan() }
    #expect(Set(seeds.map(\.request.seed)).count > 10 && seeds.allSatisfy(\.warnings.isEmpty))
  }

  @Test func `a size is rounded down to 16`() throws {
    let plan = try Self.plan { $0.size = PixelSize(width: 770, height: 95) }
    #expect(plan.size == PixelSize(width: 768, height: 80))
  }

  typealias Change = @Sendable (inout RenderRequest) -> Void

  static let refused: [(String, Change)] = [
    ("num_steps", { $0.stepCount = 0 }), ("num_steps", { $0.stepCount = 51 }),
    ("guidance_scale", { $0.guidanceScale = 0.99 }), ("guidance_scale", { $0.guidanceScale = 21 }),
    ("guidance_scale", { $0.guidanceScale = .nan }), ("strength", { $0.strength = -0.1 }),
    ("strength", { $0.strength = .infinity }), ("lora_strength", { $0.loraStrength = 10.1 }),
    ("seed", { $0.seed = 1 << 53 }), ("lora", { $0.lora = .name("drak") }),
    ("loras", { $0.loras = [RequestedLoRA(.name("dark"), strength: -10.1)] }),
    ("loras", { $0.loras = Array(repeating: RequestedLoRA(.name("dark")), count: 2) }),
    ("loras", { ($0.lora, $0.loras) = (.name("dark"), [RequestedLoRA(.file("/a"))]) }),
    ("loras", { $0.loras = [RequestedLoRA(.none)] }),
    ("loras", { $0.loras = (1...9).map { RequestedLoRA(.file("/\($0)")) } }),
    ("size", { $0.size = PixelSize(width: 63, height: 64) }),
    ("size", { $0.size = PixelSize(width: 64, height: 2049) }),
    ("size", { $0.size = PixelSize(width: -5, height: Int.max) }),
    ("prompt", { $0.prompt = String(repeating: "x", count: 2001) }),
    ("prompt", { $0.prompt = "a\0b" }),
    ("image", { $0.references = [raster(600, 74)] }),
    ("images", { $0.references = Array(repeating: raster(64, 64), count: 6) }),
  ]

  @Test(arguments: refused.indices)
  func `a value outside its range is refused, naming the field`(index: Int) throws {
    let (field, change) = Self.refused[index]
    let error = #expect(throws: RenderError.self) { try Self.plan(change: change) }
    #expect(error?.parameter?.name == field)
    #expect(error?.message.contains("\n") == false)
  }

  @Test func `the bounds themselves are allowed`() throws {
    let plan = try Self.plan(String(repeating: "🦊", count: 2000)) {
      $0.size = PixelSize(width: 64, height: 2048)
      $0.stepCount = 50
      $0.guidanceScale = 20
      $0.seed = (1 << 53) - 1
    }
    #expect(plan.request.stepCount == 50)
  }

  @Test func `the prompt's length is counted in code points`() {
    // One character on the screen, 2,001 code points.
    let marks = "a" + String(repeating: "\u{301}", count: 2000)
    #expect(throws: RenderError.self) { try Self.plan(marks) }
  }

  @Test func `an empty prompt is allowed where the limits say so`() throws {
    #expect(try Self.plan("").request.prompt.isEmpty)
    let strict = RenderLimits(side: 64...960, editSide: 64...704, allowsEmptyPrompt: false)
    #expect(throws: RenderError.self) { try Self.plan("", limits: strict) }
  }

  @Test func `an edit has limits of its own for its size`() throws {
    let limits = RenderLimits(side: 64...960, editSide: 64...704, allowsEmptyPrompt: false)
    let size = PixelSize(width: 960, height: 960)
    #expect(try Self.plan(limits: limits) { $0.size = size }.size == size)
    #expect(throws: RenderError.self) {
      try Self.plan(limits: limits) {
        $0.size = size
        $0.references = [Self.raster(64, 64)]
      }
    }
  }

  @Test func `an edit is as large as its first image, and goes three quarters of the way`() throws {
    let plan = try Self.plan { $0.references = [Self.raster(100, 75)] }
    #expect(plan.size == PixelSize(width: 96, height: 64))
    #expect(plan.request.strength == 0.75)
    #expect(plan.request.references == [Self.raster(100, 75)])
  }

  @Test func `with several images strength has no source to act on`() throws {
    let plan = try Self.plan {
      $0.references = [Self.raster(64, 64), Self.raster(80, 64)]
      $0.strength = 0.2
    }
    #expect(plan.request.strength == 1)
  }

  @Test(arguments: [
    ("32x32", "64x64"), ("40x100", "64x160"), ("100x30", "213x64"), ("64x63", "65x64"),
  ])
  func `a reference whose short side is under 64 is scaled up with its aspect`(
    source: String, expected: String
  ) throws {
    let size = try #require(PixelSize(source))
    let plan = try Self.plan { $0.references = [Self.raster(size.width, size.height)] }
    let prepared = try #require(plan.request.references.first)
    #expect("\(prepared.width)x\(prepared.height)" == expected)
  }

  @Test func `a reference may be up to 8 times as long as it is wide`() throws {
    #expect(try Self.plan { $0.references = [Self.raster(80, 640)] }.request.references.count == 1)
    #expect(throws: RenderError.self) { try Self.plan { $0.references = [Self.raster(641, 80)] } }
  }

  @Test func `a LoRA has the strength asked for, or that of its entry, or 0.6 from a file`() throws
  {
    let named = try Self.plan { $0.lora = .name("dark") }
    #expect(
      named.loras == [RenderPlan.LoRA(name: "dark", file: "/loras/dark.safetensors", strength: 0.7)]
    )
    let asked = try Self.plan {
      $0.lora = .name("dark")
      $0.loraStrength = 0
    }
    #expect(asked.loras.first?.strength == 0)
    let file = try Self.plan { $0.lora = .file("/home/me/own.safetensors") }
    #expect(
      file.loras
        == [
          RenderPlan.LoRA(name: "own.safetensors", file: "/home/me/own.safetensors", strength: 0.6)
        ]
    )
    #expect(try Self.plan { $0.lora = .name("none") }.loras.isEmpty)
  }

  @Test func `several LoRAs are planned in the order of their names, whatever the request's`()
    throws
  {
    let dark = RequestedLoRA(.name("dark"), strength: -0.5)
    let file = RequestedLoRA(.file("/home/me/own.safetensors"))
    let plan = try Self.plan { $0.loras = [file, dark] }
    #expect(plan.loras.map(\.name) == ["dark", "own.safetensors"])
    #expect(plan.loras.map(\.strength) == [-0.5, 0.6])
    #expect(try Self.plan { $0.loras = [dark, file] }.loras == plan.loras)
  }

  @Test func `only the strengths that the limits allow are planned`() throws {
    var limits = RenderLimits(side: 64...960, editSide: 64...704, allowsEmptyPrompt: false)
    let negative = [RequestedLoRA(.name("dark"), strength: -0.5)]
    #expect(throws: RenderError.self) { try Self.plan(limits: limits) { $0.loras = negative } }
    limits.loraStrengths = -1...2
    #expect(try Self.plan(limits: limits) { $0.loras = negative }.loras.map(\.strength) == [-0.5])
    let single = try Self.plan(limits: limits) {
      $0.lora = .name("dark")
      $0.loraStrength = 2
    }
    #expect(single.loras.map(\.strength) == [2])
  }
}
