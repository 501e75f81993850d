import Dispatch
import Synchronization

/// A connection with a thread of its own, on which operations of the store run one after another.
///
/// A disk or a server that does not answer holds the thread, never a caller for longer than
/// ``patience``; until it answers, new operations fail at once.
package final class StoreLane: Sendable {
  /// Longer than SQLite waits for another process's transaction.
  package static let defaultPatience = Duration.seconds(10)

  private let queue: DispatchQueue
  let connection: StoreConnection
  private let patience: Duration
  private let stalled = Atomic(false)

  init(
    _ connection: StoreConnection, label: String, patience: Duration = StoreLane.defaultPatience
  ) {
    self.connection = connection
    self.patience = patience
    queue = DispatchQueue(label: label)
  }

  /// True if an operation takes longer than its caller waited.
  var isStalled: Bool { stalled.load(ordering: .relaxed) }

  /// Says that an operation has ended, however late.
  func noteProgress() { stalled.store(false, ordering: .sequentiallyConsistent) }

  /// Runs `body` on the lane's thread, after what is already to be run there.
  func schedule(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

  /// Waits for the reply of an operation.
  /// - Parameter begin: Hands the operation over; it must not block.
  func reply<Value: Sendable>(
    to begin: (Reply<Value>) -> Void
  ) async throws(AccountsError) -> Value {
    guard !isStalled else { throw Self.stall }
    var timer: Task<Void, Never>?
    let result = await withCheckedContinuation { continuation in
      let reply = Reply<Value>(continuation)
      timer = Task { [self] in
        guard (try? await Task.sleep(for: patience)) != nil else { return }
        // In this order: the operation notes its progress after it finds its caller gone.
        stalled.store(true, ordering: .sequentiallyConsistent)
        if !reply.give(.failure(Self.stall)) { noteProgress() }
      }
      begin(reply)
    }
    timer?.cancel()
    return try result.get()
  }

  private static let stall = AccountsError(
    .storeUnavailable, "the key store does not answer in time")
}

/// A caller that waits for an operation; it is resumed once.
final class Reply<Value: Sendable>: Sendable {
  private let continuation: Mutex<CheckedContinuation<Result<Value, AccountsError>, Never>?>

  init(_ continuation: CheckedContinuation<Result<Value, AccountsError>, Never>) {
    self.continuation = Mutex(continuation)
  }

  /// True until the caller is resumed.
  var isWaiting: Bool { continuation.withLock { $0 != nil } }

  /// Resumes the caller.
  /// - Returns: False if it was resumed before.
  @discardableResult
  func give(_ result: Result<Value, AccountsError>) -> Bool {
    let waiting = continuation.withLock { continuation in
      defer { continuation = nil }
      return continuation
    }
    waiting?.resume(returning: result)
    return waiting != nil
  }
}
