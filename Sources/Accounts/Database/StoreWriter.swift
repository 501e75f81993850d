import Synchronization

/// Runs the operations that write, one after another, many in one transaction.
///
/// While a transaction is being made durable, operations gather; the next transaction has them all. So
/// the number of operations a second does not depend on the duration of an fsync. Each runs in a
/// savepoint of its own: one that throws undoes only itself. Callers are resumed after the commit, so
/// that nothing is acknowledged that could be lost; if the commit fails, all of the transaction fail.
///
/// Operations of a transaction that were all refused write nothing, and neither does its commit.
package final class StoreWriter: Sendable {
  /// Bounds how long a transaction holds its locks.
  private static let batchCapacity = 256
  /// More are refused rather than kept waiting.
  private static let waitingCapacity = 8192
  /// Transactions of several nodes that meet are repeated so many times.
  private static let attemptCount = 6

  /// An operation that waits for its turn.
  private struct Operation: Sendable {
    let accounts: [String]
    /// Runs in a transaction; returns what resumes the caller once that is committed.
    let attempt: @Sendable (any Database) throws(AccountsError) -> (@Sendable () -> Void)
    /// Resumes the caller with an error.
    let fail: @Sendable (AccountsError) -> Void
    /// True until the caller is resumed.
    let isWaiting: @Sendable () -> Bool
  }

  private struct Waiting {
    var operations: [Operation] = []
    var isScheduled = false
  }

  private let waiting = Mutex(Waiting())
  private let lane: StoreLane

  /// - Parameters:
  ///   - connection: The connection that nothing else writes on.
  ///   - patience: The longest that a caller waits.
  package init(_ connection: StoreConnection, patience: Duration = StoreLane.defaultPatience) {
    lane = StoreLane(connection, label: "iris.store.writer", patience: patience)
  }

  /// Runs an operation and waits until what it wrote is durable.
  /// - Parameters:
  ///   - accounts: The accounts that it changes, whose locks it has.
  ///   - body: The operation, which may run several times.
  /// - Throws: The errors of `body`; `storeUnavailable` if the store fails, after which the operation
  ///   may have been done or not.
  package func run<Value: Sendable>(
    accounts: [String] = [],
    _ body: @escaping @Sendable (any Database) throws(AccountsError) -> Value
  ) async throws(AccountsError) -> Value {
    try await lane.reply { reply in
      enqueue(
        Operation(
          accounts: accounts,
          attempt: { (database) throws(AccountsError) in
            let value = try body(database)
            return { reply.give(.success(value)) }
          },
          fail: { reply.give(.failure($0)) }, isWaiting: { reply.isWaiting }))
    }
  }

  private func enqueue(_ operation: Operation) {
    let (isAccepted, mustSchedule) = waiting.withLock { waiting in
      guard waiting.operations.count < Self.waitingCapacity else { return (false, false) }
      waiting.operations.append(operation)
      defer { waiting.isScheduled = true }
      return (true, !waiting.isScheduled)
    }
    guard isAccepted else {
      return operation.fail(AccountsError(.storeUnavailable, "too many wait for the key store"))
    }
    if mustSchedule { lane.schedule { [self] in drain() } }
  }

  /// Runs on the writer's thread alone.
  private func drain() {
    while true {
      let batch = waiting.withLock { waiting in
        let batch = Array(waiting.operations.prefix(Self.batchCapacity))
        waiting.operations.removeFirst(batch.count)
        if batch.isEmpty { waiting.isScheduled = false }
        return batch
      }
      guard !batch.isEmpty else { return }
      // One whose caller no longer waits is not begun.
      process(batch.filter { $0.isWaiting() })
      lane.noteProgress()
    }
  }

  private func process(_ batch: [Operation]) {
    for attempt in 1...Self.attemptCount {
      do throws(AccountsError) {
        let resumptions = try lane.connection.use { (database) throws(AccountsError) in
          try Self.commit(batch, database)
        }
        for resume in resumptions { resume() }
        return
      } catch  where error.code == .contention && attempt < Self.attemptCount {
        continue
      } catch {
        for operation in batch { operation.fail(error) }
        return
      }
    }
  }

  private static func commit(
    _ batch: [Operation], _ database: any Database
  ) throws(AccountsError) -> [@Sendable () -> Void] {
    try database.transaction { () throws(AccountsError) in
      try database.lock(accounts: batch.flatMap(\.accounts))
      var resumptions: [@Sendable () -> Void] = []
      for operation in batch {
        do throws(AccountsError) {
          let resume = try database.savepoint { () throws(AccountsError) in
            try operation.attempt(database)
          }
          resumptions.append(resume)
        } catch  where !error.isStorageFailure {
          resumptions.append { operation.fail(error) }
        }
      }
      return resumptions
    }
  }
}
