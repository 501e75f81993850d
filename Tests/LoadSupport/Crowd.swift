import Foundation

/// Blocking work, on threads of its own: Swift's few threads are those of the service.
package enum Crowd {
  /// What some work comes to.
  package static func run<Result: Sendable>(
    _ body: @escaping @Sendable () -> Result
  ) async -> Result {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: body()) }
    }
  }

  /// Does some work as many times as is said, all at once.
  /// - Parameter body: Is given its number, from 0.
  package static func run<Result: Sendable>(
    count: Int, _ body: @escaping @Sendable (Int) -> Result
  ) async -> [Result] {
    await withTaskGroup(of: Result.self) { group in
      for number in 0..<count { group.addTask { await run { body(number) } } }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }
}
