import Accounts
import HTTP
import JSON

/// Sends a render's events as server-sent events (the HTTP contract, §6).
struct ImageEventStream: Sendable {
  let response: ImageResponse
  let pingSeconds: Double
  let requestID: String
  let context: RequestContext

  /// Sends the events up to the images, or up to the error that ends them.
  func send(
    _ first: RenderEvent, then events: ActiveRender.Listener, over stream: EventStream
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
      let answer = APIError.answering(error, requestID: requestID)
      context.record(error, answeredBy: answer)
      try await stream.send(event: "error", data: answer.body.text())
    }
  }

  /// Sends an event; progress goes into comments, since SDKs fail on event types that they do not know.
  private func send(_ event: RenderEvent, over stream: EventStream) async throws {
    switch event {
    case .decided: break
    case .queued(let position, let seconds):
      try await stream.send(
        comment: "queued, position \(position), about \(Int(seconds.rounded(.up))) s to wait")
    case .started: try await stream.send(comment: "started")
    case .step(let number, let count): try await stream.send(comment: "step \(number) of \(count)")
    case .preview(let file, let index, let image):
      try await stream.send(
        event: response.type("partial_image"),
        data: response.partial(file, index: index, ofImage: image).text())
    case .answered(let answer): try await stream.send(encoded: answer.body)
    }
  }
}

/// Calls `beat` at regular intervals while `body` runs.
/// - Parameters:
///   - seconds: The interval; the first beat comes after it.
///   - beat: Shows the client that the service is alive; an error from it ends both.
///   - body: The work.
/// - Returns: The result of `body`.
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
