import API
import Dispatch
import Rendering
import Synchronization

/// Renders with another, but holds each render after its second step until it is let go on; counts
/// the steps that are done from then on.
final class GatedRendering: ImageRendering {
  private static let heldStep = 2

  private let rendering: any ImageRendering
  private let state = Mutex<(held: Int, ended: Int, stepsAfter: Int)>((0, 0, 0))
  private let gate = DispatchSemaphore(value: 0)

  init(_ rendering: any ImageRendering) { self.rendering = rendering }

  /// Renders that came to the gate.
  var heldCount: Int { state.withLock { $0.held } }
  /// Renders that ended, in whichever way.
  var endedCount: Int { state.withLock { $0.ended } }
  /// Steps that renders did after they were let go on.
  var stepsAfter: Int { state.withLock { $0.stepsAfter } }

  /// Lets the render at the gate go on.
  func open() { gate.signal() }

  var loras: LoRARegistry { rendering.loras }

  func tokenCount(of prompt: String) -> Int { rendering.tokenCount(of: prompt) }

  func predictedBytes(of plan: RenderPlan) -> Int { rendering.predictedBytes(of: plan) }

  func render(
    _ plan: RenderPlan, writesMetadata: Bool, step: (RenderStep) throws -> Void
  ) throws -> [UInt8] {
    defer { state.withLock { $0.ended += 1 } }
    return try rendering.render(plan, writesMetadata: writesMetadata) { done in
      if done.number > Self.heldStep { state.withLock { $0.stepsAfter += 1 } }
      if done.number == Self.heldStep {
        state.withLock { $0.held += 1 }
        gate.wait()
      }
      try step(done)
    }
  }
}
