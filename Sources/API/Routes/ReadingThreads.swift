internal import Dispatch
internal import Synchronization

/// Threads for reading bodies, which takes up to a second of computing: on Swift's own few threads
/// it would hold up every other request.
struct ReadingThreads: Sendable {
  /// Whether the client has left.
  private final class Departure: Sendable {
    let happened = Atomic(false)
  }

  private let queue = DispatchQueue(label: "iris.reading", attributes: .concurrent)

  /// Does some work there, unless the client has left by then.
  /// - Parameter body: The work; it is given a function that says whether the client has left since.
  func run<Result: Sendable>(
    _ body: @escaping @Sendable (_ isDeparted: @escaping @Sendable () -> Bool) throws -> Result
  ) async throws -> Result {
    let departure = Departure()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.async {
          continuation.resume(
            with: Swift.Result {
              let isDeparted = { @Sendable in departure.happened.load(ordering: .relaxed) }
              if isDeparted() { throw CancellationError() }
              return try body(isDeparted)
            })
        }
      }
    } onCancel: {
      departure.happened.store(true, ordering: .relaxed)
    }
  }
}
