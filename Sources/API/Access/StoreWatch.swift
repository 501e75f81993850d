internal import Accounts
internal import Synchronization

/// Knows, without asking, whether keys can be checked: it asks four times a second.
///
/// So readiness is told at once, also while the store does not answer.
final class StoreWatch: Sendable {
  private static let period = Duration.milliseconds(250)
  /// With a period it is less than the second within which trouble is to be told.
  private static let timeout = Duration.milliseconds(600)

  private let trouble = Mutex<AccountsError?>(nil)
  private let task = Mutex<Task<Void, Never>?>(nil)

  /// - Parameters:
  ///   - keys: What knows them.
  ///   - log: Takes a line whenever keys cannot be checked any more, and when they can again.
  init(_ keys: any KeyAuthenticating, log: @escaping @Sendable (String) -> Void) {
    // Not those who bring keys, of whom many may wait: its questions have a thread of their own.
    let lookup = KeyLookup(keys, capacity: 1, timeout: Self.timeout)
    task.withLock {
      $0 = Task { [weak self] in
        while !Task.isCancelled {
          let found = await Self.trouble(of: lookup)
          guard let self else { return }
          note(found, log)
          try? await Task.sleep(for: Self.period)
        }
      }
    }
  }

  deinit { task.withLock { $0?.cancel() } }

  /// Throws that keys cannot be checked, if that is so.
  func check() throws(AccountsError) {
    if let trouble = trouble.withLock({ $0 }) { throw trouble }
  }

  private func note(_ found: AccountsError?, _ log: (String) -> Void) {
    let earlier = trouble.withLock { trouble in
      defer { trouble = found }
      return trouble
    }
    guard found != earlier else { return }
    log("iris: " + (found.map { "not ready: \($0.message)" } ?? "the key store can be read again"))
  }

  private static func trouble(of lookup: KeyLookup) async -> AccountsError? {
    do {
      try await lookup.checkAvailability()
    } catch {
      return error as? AccountsError
    }
    return nil
  }
}
