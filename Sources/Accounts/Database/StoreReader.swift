import Dispatch
import Synchronization

/// Runs the operations that only read, on connections and threads of their own, so that none waits for
/// a commit.
package final class StoreReader: Sendable {
  private struct Lane: Sendable {
    let queue = DispatchQueue(label: "iris.store.reader")
    let connection: StoreConnection
  }

  private let lanes: [Lane]
  private let next = Atomic<UInt>(0)

  /// - Parameter connections: The connections to read on, at least one.
  package init(_ connections: [StoreConnection]) {
    precondition(!connections.isEmpty, "a reader needs a connection")
    lanes = connections.map { Lane(connection: $0) }
  }

  /// Runs an operation.
  package func run<Value: Sendable>(
    _ body: @escaping @Sendable (any Database) throws(AccountsError) -> Value
  ) async throws(AccountsError) -> Value {
    let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
    let lane = lanes[Int(turn % UInt(lanes.count))]
    let result: Result<Value, AccountsError> = await withCheckedContinuation { continuation in
      lane.queue.async {
        continuation.resume(
          returning: Result { () throws(AccountsError) in try lane.connection.use(body) })
      }
    }
    return try result.get()
  }
}
