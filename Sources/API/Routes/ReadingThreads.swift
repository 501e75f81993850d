internal import Dispatch

/// Threads for reading bodies, which takes up to a second of computing: on Swift's own few threads
/// it would hold up every other request.
struct ReadingThreads: Sendable {
  private let queue = DispatchQueue(label: "iris.reading", attributes: .concurrent)

  /// Does some work there.
  func run<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result(catching: body)) }
    }
  }
}
