import API
import Dispatch
import Rendering
import Synchronization

/// Renders with another, but holds each render at a gate until it is let go on; counts the steps, and
/// the blocks between them, that are done from then on.
final class GatedRendering: ImageRendering {
  /// Where a render is held.
  enum Gate: Sendable {
    /// After the second denoising step.
    case secondStep
    /// After the first block of the decoder.
    case decoding

    func holds(_ step: RenderStep) -> Bool {
      switch self {
      case .secondStep: step.number == 2
      case .decoding: step.decoded > 0
      }
    }
  }

  private let rendering: any ImageRendering
  private let place: Gate
  private let state = Mutex<(held: Int, ended: Int, stepsAfter: Int)>((0, 0, 0))
  private let gate = DispatchSemaphore(value: 0)

  init(_ rendering: any ImageRendering, at place: Gate = .secondStep) {
    self.rendering = rendering
    self.place = place
  }

  /// Renders that came to the gate.
  var heldCount: Int { state.withLock { $0.held } }
  /// Renders that ended, in whichever way.
  var endedCount: Int { state.withLock { $0.ended } }
  /// Steps and blocks that renders did after they were let go on.
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
    var wasHeld = false
    return try rendering.render(plan, writesMetadata: writesMetadata) { done in
      if wasHeld {
        state.withLock { $0.stepsAfter += 1 }
      } else if place.holds(done) {
        wasHeld = true
        state.withLock { $0.held += 1 }
        gate.wait()
      }
      try step(done)
    }
  }
}
