import Synchronization

/// A render in progress, with everyone who waits for it: the client that asked for it, and those whose
/// requests repeat that one.
///
/// Whoever listens gets the latest event and then all others. Once the last listener has left, the render
/// ends at its next block.
final class ActiveRender: Sendable {
  /// The events in order, for one listener; they end with `answered`, or throw.
  typealias Events = AsyncThrowingStream<RenderEvent, any Error>

  /// The events for one listener, who leaves by cancellation or by forgetting them.
  struct Listener: Sendable {
    private let events: Events
    /// Has the listener leave.
    let leave: @Sendable () -> Void

    fileprivate init(_ events: Events, leave: @escaping @Sendable () -> Void) {
      self.events = events
      self.leave = leave
    }

    /// Reads events.
    ///
    /// Cancelling the task that reads has the listener leave in the same instant. The stream alone would
    /// notice only when it is asked for the next event, while the reader may be waiting for the client's
    /// connection.
    func read<Result>(_ body: (Events) async throws -> Result) async throws -> Result {
      try await withTaskCancellationHandler {
        try await body(events)
      } onCancel: {
        leave()
      }
    }

    /// Returns the next event.
    func next() async throws -> RenderEvent {
      try await read { events in
        for try await event in events { return event }
        throw CancellationError()
      }
    }
  }

  private struct State {
    var listeners: [Int: Events.Continuation] = [:]
    var listenerCount = 0
    var latest: RenderEvent?
    var progress = RenderProgress()
    var work: Task<Void, Never>?
    var isAbandoned = false
    var hasEnded = false
  }

  private let state = Mutex(State())

  /// How far the work is.
  var progress: RenderProgress { state.withLock { $0.progress } }

  /// Begins the work, unless it has begun; it is cancelled once the last listener has left.
  func start(_ work: @escaping @Sendable (ActiveRender) async -> Void) {
    state.withLock { state in
      if state.work == nil { state.work = Task { await work(self) } }
    }
  }

  /// Returns the events from the latest on; nil if everyone had left, so that the render ends early.
  func listen() -> Listener? {
    let (events, continuation) = Events.makeStream()
    let number = state.withLock { state -> Int? in
      guard !state.isAbandoned, !state.hasEnded else { return nil }
      state.listenerCount += 1
      state.listeners[state.listenerCount] = continuation
      if let latest = state.latest { continuation.yield(latest) }
      return state.listenerCount
    }
    guard let number else { return nil }
    let leave: @Sendable () -> Void = { [weak self] in self?.leave(number) }
    continuation.onTermination = { _ in leave() }
    return Listener(events, leave: leave)
  }

  /// Sends an event to all who listen.
  func send(_ event: RenderEvent) {
    let listeners = state.withLock { state in
      state.latest = event
      state.progress.note(event)
      return state.listeners.values
    }
    for listener in listeners { listener.yield(event) }
  }

  /// Ends the events for all who listen.
  /// - Parameter error: The reason, if there is no answer.
  func end(throwing error: (any Error)? = nil) {
    let listeners = state.withLock { state in
      state.hasEnded = true
      defer { state.listeners = [:] }
      return state.listeners.values
    }
    for listener in listeners { listener.finish(throwing: error) }
  }

  /// Ends the work at its next block, whoever listens.
  func cancel() { state.withLock { $0.work }?.cancel() }

  /// Waits until the work has ended.
  func waitUntilEnded() async { await state.withLock { $0.work }?.value }

  private func leave(_ number: Int) {
    let work = state.withLock { state -> Task<Void, Never>? in
      guard state.listeners.removeValue(forKey: number) != nil, state.listeners.isEmpty,
        !state.hasEnded
      else { return nil }
      state.isAbandoned = true
      return state.work
    }
    work?.cancel()
  }
}
