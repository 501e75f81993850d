import Foundation
import Synchronization

/// The way from a command, which has a thread of its own, to work that suspends.
enum Blocking {
  /// Waits on this thread until the work has ended.
  static func wait<Value: Sendable>(
    for work: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let end = DispatchSemaphore(value: 0)
    let outcome = Mutex<Result<Value, any Error>?>(nil)
    Task {
      let result: Result<Value, any Error>
      do { result = .success(try await work()) } catch { result = .failure(error) }
      outcome.withLock { $0 = result }
      end.signal()
    }
    end.wait()
    guard let result = outcome.withLock({ $0 }) else {
      preconditionFailure("the work has ended without an outcome")
    }
    return try result.get()
  }
}
