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
  func run<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    let departure = Departure()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.async {
          continuation.resume(
            with: Swift.Result {
              if departure.happened.load(ordering: .relaxed) { throw CancellationError() }
              return try body()
            })
        }
      }
    } onCancel: {
      departure.happened.store(true, ordering: .relaxed)
    }
  }
}
