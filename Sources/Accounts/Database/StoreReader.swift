import Synchronization

/// Runs the operations that only read, on connections and threads of their own, so that none waits for
/// a commit.
package final class StoreReader: Sendable {
  private let lanes: [StoreLane]
  private let next = Atomic<UInt>(0)

  /// - Parameters:
  ///   - connections: The connections to read on, at least one.
  ///   - patience: The longest that a caller waits.
  package init(_ connections: [StoreConnection], patience: Duration = StoreLane.defaultPatience) {
    precondition(!connections.isEmpty, "a reader needs a connection")
    lanes = connections.map { StoreLane($0, label: "iris.store.reader", patience: patience) }
  }

  /// Runs an operation; one whose caller no longer waits is not begun.
  package func run<Value: Sendable>(
    _ body: @escaping @Sendable (any Database) throws(AccountsError) -> Value
  ) async throws(AccountsError) -> Value {
    let turn = Int(next.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(lanes.count))
    let lane = lanes[turn].isStalled ? lanes.first { !$0.isStalled } ?? lanes[turn] : lanes[turn]
    return try await lane.reply { reply in
      lane.schedule {
        if reply.isWaiting {
          reply.give(Result { () throws(AccountsError) in try lane.connection.use(body) })
        }
        lane.noteProgress()
      }
    }
  }
}
