import API
import Flux2
import Imaging
import Rendering
import Synchronization
import TestSupport

/// Renders nothing: counts its steps, sleeps in each, and keeps the plans.
final class StubRendering: ImageRendering {
  struct Failure: Error { let secret = "the inside of a failure" }

  let loras: LoRARegistry
  let defaults: RenderDefaults
  /// An image, of no plan in particular.
  let image: [UInt8]
  private let stepSeconds: Double
  private let fails: Bool
  private let bytesPerPixel: Int
  private let state = Mutex(State())
  private let held = Atomic(false)

  init(
    stepSeconds: Double = 0, fails: Bool = false, bytesPerPixel: Int = 1, isHeld: Bool = false,
    defaults: RenderDefaults = .distilled,
    loras: KeyValuePairs<String, Double> = ["dark": 0.6, "anime": 0.5]
  ) throws {
    self.loras = LoRARegistry(
      entries: loras.map {
        .init(name: $0, file: "/nowhere/\($0)", description: "", defaultStrength: $1)
      })
    self.defaults = defaults
    image = try TestImage.png(width: 16, height: 16)
    self.stepSeconds = stepSeconds
    self.fails = fails
    self.bytesPerPixel = bytesPerPixel
    held.store(isHeld, ordering: .sequentiallyConsistent)
  }

  private struct State {
    var preparations = 0
    var plans: [RenderPlan] = []
    var steps = 0
    var stopped = 0
  }

  /// Plans that were prepared.
  var preparationCount: Int { state.withLock { $0.preparations } }
  /// The plans that were rendered, in order.
  var plans: [RenderPlan] { state.withLock { $0.plans } }
  /// Steps done by all renders.
  var stepCount: Int { state.withLock { $0.steps } }
  /// Renders that ended early.
  var stoppedCount: Int { state.withLock { $0.stopped } }

  /// Holds renders from now on.
  func hold() { held.store(true, ordering: .sequentiallyConsistent) }

  /// Lets renders that were held go on.
  func release() { held.store(false, ordering: .sequentiallyConsistent) }

  func prepare(_ plan: RenderPlan) -> PreparedRender {
    state.withLock { $0.preparations += 1 }
    return PreparedRender(
      plan, promptTokenCount: plan.request.prompt.split(separator: " ").count,
      activationByteCount: plan.size.width * plan.size.height * bytesPerPixel)
  }

  func render(
    _ render: PreparedRender, writesMetadata: Bool,
    progress: (PipelineProgress) throws -> Void, stepDone: (Int, StepPreview) throws -> Void
  ) throws -> RenderedImage {
    let plan = render.plan
    state.withLock { $0.plans.append(plan) }
    if fails { throw Failure() }
    do {
      for number in 1...plan.request.stepCount {
        while held.load(ordering: .sequentiallyConsistent) { Blocking.sleep(seconds: 0.001) }
        if stepSeconds > 0 { Blocking.sleep(seconds: stepSeconds) }
        state.withLock { $0.steps += 1 }
        try progress(
          PipelineProgress(stage: .denoising, step: number, stepCount: plan.request.stepCount))
        try stepDone(number, StepPreview { _ in [UInt8(number)] })
      }
    } catch {
      state.withLock { $0.stopped += 1 }
      throw error
    }
    return RenderedImage(
      raster: Raster(width: 1, height: 1, pixels: [0, 0, 0]), file: image,
      metadata: RenderMetadata(render, modelHash: "stub"), timings: [])
  }
}
