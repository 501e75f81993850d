import Accounts

/// The progress of an admitted render, for operators.
struct RenderProgress: Sendable, Equatable {
  /// The phases of a render.
  enum Phase: String, Sendable, CaseIterable {
    /// It waits in the queue.
    case waiting
    /// It is rendered, or charged.
    case rendering
  }

  /// The phase; nil until the request is admitted.
  private(set) var phase: Phase?
  /// The denoising steps that are done.
  private(set) var step = 0

  /// Takes account of an event.
  mutating func note(_ event: RenderEvent) {
    switch event {
    case .decided(.admitted), .queued: phase = .waiting
    case .started: phase = .rendering
    case .step(let number, of: _): step = number
    case .decided, .preview, .answered: break
    }
  }
}
