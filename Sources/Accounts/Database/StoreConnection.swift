import Synchronization

/// A connection that is opened when it is first needed, and anew after the store failed.
package final class StoreConnection: Sendable {
  /// Opens a connection.
  package typealias Open = @Sendable () throws(AccountsError) -> any Database

  private let open: Open
  private let check: @Sendable () throws(AccountsError) -> Void
  private let current = Mutex<(any Database)?>(nil)

  /// - Parameters:
  ///   - open: Opens a connection.
  ///   - check: Throws if the database is no longer the one that was opened; called before each use.
  package init(
    _ open: @escaping Open, check: @escaping @Sendable () throws(AccountsError) -> Void = {}
  ) {
    self.open = open
    self.check = check
  }

  /// Runs `body` on the connection, alone.
  package func use<Result: Sendable>(
    _ body: (any Database) throws(AccountsError) -> Result
  ) throws(AccountsError) -> Result {
    try check()
    return try current.withLock { (current) throws(AccountsError) in
      do throws(AccountsError) {
        let database = if let current, current.isConnected { current } else { try open() }
        current = database
        return try body(database)
      } catch {
        if error.code == .storeUnavailable { current = nil }
        throw error
      }
    }
  }
}
