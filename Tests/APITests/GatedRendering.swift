import API
import Dispatch
import Flux2
import Rendering
import Synchronization

/// Renders with another, but holds each render at a gate until it is let go on; counts the steps, and
/// the blocks between them, that are done from then on.
final class GatedRendering: ImageRendering {
  /// The place at which a render is held.
  enum Gate: Sendable {
    /// After the second denoising step.
    case secondStep
    /// After the first block of the decoder.
    case decoding

    func holds(_ progress: PipelineProgress) -> Bool {
      switch self {
      case .secondStep: progress.stage == .denoising && progress.step == 2
      case .decoding: progress.stage == .decoding && progress.fraction > 0
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

  var defaults: RenderDefaults { rendering.defaults }

  func prepare(_ plan: RenderPlan) throws -> PreparedRender { try rendering.prepare(plan) }

  func render(
    _ render: PreparedRender, writesMetadata: Bool,
    progress: (PipelineProgress) throws -> Void, stepDone: (Int, StepPreview) throws -> Void
  ) throws -> RenderedImage {
    defer { state.withLock { $0.ended += 1 } }
    var wasHeld = false
    return try rendering.render(
      render, writesMetadata: writesMetadata,
      progress: { state in
        if wasHeld {
          self.state.withLock { $0.stepsAfter += 1 }
        } else if place.holds(state) {
          wasHeld = true
          self.state.withLock { $0.held += 1 }
          gate.wait()
        }
        try progress(state)
      }, stepDone: stepDone)
  }
}
