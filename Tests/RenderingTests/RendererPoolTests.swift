import Flux2
import Rendering
import Synchronization
import TestSupport
import Testing

/// Models that share memory: loaded when they render, unloaded where another needs the room.
@Suite struct RendererPoolTests {
  private final class Loads: Sendable {
    private let names = Mutex<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func add(_ name: String) { names.withLock { $0.append(name) } }
  }

  private let loads = Loads()
  private let outline: Renderer

  init() throws { outline = try Self.renderer() }

  private static func renderer() throws(Flux2Error) -> Renderer {
    try Renderer(model: .directory(Fixture.path("reference/tiny/model")), threadCount: 1)
  }

  private func model(
    _ name: String, byteCount: Int = 60, in pool: RendererPool
  ) -> OnDemandRenderer {
    OnDemandRenderer(outline: outline, byteCount: byteCount, in: pool) {
      [loads] () throws(Flux2Error) in
      loads.add(name)
      return try Self.renderer()
    }
  }

  private func plan(_ model: OnDemandRenderer) throws -> PreparedRender {
    var request = RenderRequest(prompt: "a fox")
    request.size = PixelSize(width: 64, height: 64)
    (request.seed, request.stepCount) = (1, 1)
    return try model.outline.prepare(
      request.validated(
        under: .commandLine, registry: LoRARegistry(), defaults: outline.defaults))
  }

  private func render(_ model: OnDemandRenderer) throws -> RenderedImage {
    try model.render(
      try plan(model), writesMetadata: true, progress: { _ in }, stepDone: { _, _ in })
  }

  @Test func `a model is loaded when it first renders, and draws what it draws alone`() throws {
    let model = model("a", in: RendererPool(byteLimit: 100))
    let plan = try plan(model)
    #expect(loads.all.isEmpty && !model.description.isLoaded)
    #expect(model.description.hash == outline.modelHash)
    let image = try render(model)
    _ = try render(model)
    #expect(loads.all == ["a"] && model.description.isLoaded)
    #expect(try outline.render(plan).raster == image.raster)
  }

  @Test func `models that fit together all stay`() throws {
    let pool = RendererPool(byteLimit: 120)
    let (a, b) = (model("a", in: pool), model("b", in: pool))
    for model in [a, b, a, b] { _ = try render(model) }
    #expect(loads.all == ["a", "b"])
  }

  @Test func `the one used longest ago makes room`() throws {
    let pool = RendererPool(byteLimit: 130)
    let (a, b, c) = (model("a", in: pool), model("b", in: pool), model("c", in: pool))
    for model in [a, b, a, c] { _ = try render(model) }
    #expect(loads.all == ["a", "b", "c"])
    #expect(a.description.isLoaded && !b.description.isLoaded && c.description.isLoaded)
    _ = try render(b)
    #expect(loads.all == ["a", "b", "c", "b"] && !a.description.isLoaded)
  }

  @Test func `a model that is larger than the limit is alone`() throws {
    let pool = RendererPool(byteLimit: 130)
    let (a, b) = (model("a", in: pool), model("b", byteCount: 500, in: pool))
    _ = try render(a)
    _ = try render(b)
    #expect(!a.description.isLoaded && b.description.isLoaded)
  }

  @Test func `a model that renders is never unloaded`() throws {
    let pool = RendererPool(byteLimit: 60)
    let (a, b) = (model("a", in: pool), model("b", in: pool))
    let plan = try plan(a)
    var wasLoaded = false
    _ = try a.render(
      plan, writesMetadata: true, progress: { _ in },
      stepDone: { _, _ in
        _ = try render(b)
        wasLoaded = a.description.isLoaded && b.description.isLoaded
      })
    #expect(wasLoaded)
    _ = try render(b)
    #expect(loads.all == ["a", "b"])
  }

  @Test func `a model that cannot be loaded is tried again`() throws {
    let isBroken = Mutex(true)
    let model = OnDemandRenderer(outline: outline, byteCount: 1, in: RendererPool(byteLimit: 9)) {
      () throws(Flux2Error) in
      guard !isBroken.withLock({ $0 }) else { throw Flux2Error(.weights, "model", "is gone") }
      return try Self.renderer()
    }
    #expect(throws: Flux2Error.self) { try render(model) }
    isBroken.withLock { $0 = false }
    #expect(throws: Never.self) { try render(model) }
  }
}
