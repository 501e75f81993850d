import Accounts
import Synchronization

/// A suspended caller, which is resumed with the first result: an operation's, the timeout or cancellation.
///
/// An operation that cannot be cancelled goes on unattended.
final class Waiter<Value: Sendable>: Sendable {
  private enum State {
    case new
    case waiting(CheckedContinuation<Value, any Error>)
    case answered(Result<Value, any Error>?)
  }

  private let state = Mutex(State.new)

  /// True until there is a result.
  var isWaiting: Bool {
    state.withLock { if case .answered = $0 { false } else { true } }
  }

  /// Gives the result; later ones are dropped.
  func answer(_ result: Result<Value, any Error>) {
    let continuation = state.withLock { state -> CheckedContinuation<Value, any Error>? in
      switch state {
      case .new: state = .answered(result)
      case .waiting(let continuation):
        state = .answered(nil)
        return continuation
      case .answered: break
      }
      return nil
    }
    continuation?.resume(with: result)
  }

  /// Waits for the result.
  /// - Throws: The result's error; `storeUnavailable` after the timeout; `CancellationError`.
  func value(within timeout: Duration) async throws -> Value {
    let timer = Task {
      try await Task.sleep(for: timeout)
      answer(.failure(AccountsError.stalled))
    }
    defer { timer.cancel() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { wait($0) }
    } onCancel: {
      answer(.failure(CancellationError()))
    }
  }

  private func wait(_ continuation: CheckedContinuation<Value, any Error>) {
    let early = state.withLock { state -> Result<Value, any Error>? in
      if case .answered(let result) = state { return result }
      state = .waiting(continuation)
      return nil
    }
    if let early { continuation.resume(with: early) }
  }
}

extension AccountsError {
  /// The store takes longer to answer than anyone waits.
  static let stalled = AccountsError(
    .storeUnavailable, "the key store does not answer in time")
}

/// Waits for what is asked of the store, for a time at most.
/// - Throws: The errors of `question`; `storeUnavailable` after the timeout; `CancellationError`.
func asking<Value: Sendable>(
  atMost timeout: Duration, _ question: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  let waiter = Waiter<Value>()
  Task {
    do {
      waiter.answer(.success(try await question()))
    } catch {
      waiter.answer(.failure(error))
    }
  }
  return try await waiter.value(within: timeout)
}
