internal import HTTP

/// Tells a render's course as server-sent events (the HTTP contract, §6).
struct ImageEventStream: Sendable {
  let body: ImageResponse
  let pingSeconds: Double
  let requestID: String
  let context: RequestContext

  /// Sends everything up to the image, or up to the error that ends it.
  func send(
    _ first: RenderEvent, then events: RenderEvents, over stream: EventStream
  ) async throws {
    do {
      try await withHeartbeat(every: pingSeconds) {
        try await stream.send(comment: "ping")
      } _: {
        try await events.read { events in
          try await send(first, over: stream)
          for try await event in events { try await send(event, over: stream) }
        }
        // A listener that is cancelled sees the events end early.
        try Task.checkCancellation()
      }
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      let error = context.answer(to: error, id: requestID)
      try await stream.send(event: "error", data: error.body.text)
    }
  }

  /// Event types that an SDK does not know break it, so progress goes into comments.
  private func send(_ event: RenderEvent, over stream: EventStream) async throws {
    switch event {
    case .queued(let position, let seconds):
      try await stream.send(
        comment: "queued, position \(position), about \(Int(seconds.rounded(.up))) s to wait")
    case .started: try await stream.send(comment: "started")
    case .step(let number, let count): try await stream.send(comment: "step \(number) of \(count)")
    case .preview(let png, let index):
      try await stream.send(
        event: body.type("partial_image"), data: body.partial(png, index: index).text)
    case .finished(let png):
      try await stream.send(event: body.type("completed"), data: body.completed(png).text)
    }
  }
}

/// Gives a sign of life at regular intervals while something else goes on.
/// - Parameters:
///   - seconds: The interval; the first sign comes after it.
///   - beat: Gives the sign; what it throws ends both.
///   - body: What goes on.
/// - Returns: What `body` returns.
func withHeartbeat<Result: Sendable>(
  every seconds: Double, _ beat: @escaping @Sendable () async throws -> Void,
  _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      while true {
        try await Task.sleep(for: .seconds(seconds))
        try await beat()
      }
    }
    defer { group.cancelAll() }
    while let result = try await group.next() {
      if let result { return result }
    }
    throw CancellationError()
  }
}
