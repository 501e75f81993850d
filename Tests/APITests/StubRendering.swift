import API
import Imaging
import Rendering
import Synchronization

/// Renders nothing: counts its steps, sleeps in each, and keeps what it was asked for.
final class StubRendering: ImageRendering {
  struct Failure: Error { let secret = "the inside of a failure" }

  let loras = LoRARegistry(entries: [
    .init(name: "dark", file: "/nowhere/dark", description: "", defaultStrength: 0.6),
    .init(name: "anime", file: "/nowhere/anime", description: "", defaultStrength: 0.5),
  ])
  let defaults: RenderDefaults
  /// An image, of no plan in particular.
  let image: [UInt8]
  private let stepSeconds: Double
  private let fails: Bool
  private let bytesPerPixel: Int
  private let state = Mutex<(plans: [RenderPlan], steps: Int, stopped: Int)>(([], 0, 0))
  private let held = Atomic(false)

  init(
    stepSeconds: Double = 0, fails: Bool = false, bytesPerPixel: Int = 1, isHeld: Bool = false,
    defaults: RenderDefaults = .distilled
  ) throws {
    self.defaults = defaults
    image = try TestImage.png(width: 16, height: 16)
    self.stepSeconds = stepSeconds
    self.fails = fails
    self.bytesPerPixel = bytesPerPixel
    held.store(isHeld, ordering: .sequentiallyConsistent)
  }

  /// What was rendered, in order.
  var plans: [RenderPlan] { state.withLock { $0.plans } }
  /// Steps done by all renders.
  var stepCount: Int { state.withLock { $0.steps } }
  /// Renders that ended early.
  var stoppedCount: Int { state.withLock { $0.stopped } }

  /// Lets renders that were held go on.
  func release() { held.store(false, ordering: .sequentiallyConsistent) }

  func tokenCount(of prompt: String) -> Int { prompt.split(separator: " ").count }

  func predictedBytes(of plan: RenderPlan) -> Int {
    plan.size.width * plan.size.height * bytesPerPixel
  }

  func render(
    _ plan: RenderPlan, writesMetadata: Bool, step: (RenderStep) throws -> Void
  ) throws -> [UInt8] {
    state.withLock { $0.plans.append(plan) }
    if fails { throw Failure() }
    do {
      for number in 1...plan.stepCount {
        while held.load(ordering: .sequentiallyConsistent) { Pause.sleep(seconds: 0.001) }
        if stepSeconds > 0 { Pause.sleep(seconds: stepSeconds) }
        state.withLock { $0.steps += 1 }
        try step(RenderStep(number: number, count: plan.stepCount) { _ in [UInt8(number)] })
      }
    } catch {
      state.withLock { $0.stopped += 1 }
      throw error
    }
    return image
  }
}
