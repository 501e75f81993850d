import Dispatch
import Synchronization

/// Opens connections to a database, and keeps nobody waiting for one that is away.
///
/// After an attempt failed, others fail at once, while one thread tries again, with pauses that
/// double, until the database is back.
final class ConnectionSource: Sendable {
  private enum State {
    /// Whoever needs a connection opens it.
    case present
    /// The database is away, for this reason.
    case away(AccountsError)
  }

  /// The pauses between attempts, in milliseconds.
  private static let firstPause = 50
  private static let longestPause = 1000

  private let open: StoreConnection.Open
  private let state = Mutex(State.present)
  private let queue = DispatchQueue(label: "iris.store.reconnection")

  /// - Parameter open: Opens a connection, or fails in bounded time.
  init(_ open: @escaping StoreConnection.Open) { self.open = open }

  /// Opens a connection.
  /// - Throws: `storeUnavailable`.
  func connection() throws(AccountsError) -> any Database {
    if case .away(let reason) = state.withLock({ $0 }) { throw reason }
    do {
      return try open()
    } catch {
      let isFirst = state.withLock { state in
        if case .away = state { return false }
        state = .away(error)
        return true
      }
      if isFirst { tryAgain(after: Self.firstPause) }
      throw error
    }
  }

  private func tryAgain(after milliseconds: Int) {
    queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in
      guard let self else { return }
      do throws(AccountsError) {
        _ = try open()
        state.withLock { $0 = .present }
      } catch {
        state.withLock { $0 = .away(error) }
        tryAgain(after: min(2 * milliseconds, Self.longestPause))
      }
    }
  }
}
