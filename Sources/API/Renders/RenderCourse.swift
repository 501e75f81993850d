/// An order on its way, as the client that waits for it sees it.
///
/// Whoever stops listening ends the render at its next step, which is what happens when the client
/// leaves.
struct RenderCourse: Sendable {
  /// What happens, in order; ends with `finished`, or throws.
  typealias Events = AsyncThrowingStream<RenderEvent, any Error>

  private let events: Events
  private let cancel: @Sendable () -> Void

  /// - Parameters:
  ///   - events: What happens.
  ///   - cancel: Ends the render at its next step.
  init(events: Events, cancel: @escaping @Sendable () -> Void) {
    self.events = events
    self.cancel = cancel
  }

  /// Listens; when this task is cancelled the render knows in the same instant, whatever the listener
  /// is waiting for just then: the client's connection, for one.
  func listen<Result>(
    _ body: (Events) async throws -> Result
  ) async throws -> Result {
    try await withTaskCancellationHandler {
      try await body(events)
    } onCancel: {
      cancel()
    }
  }
}
