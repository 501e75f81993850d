import Accounts
import Dispatch
import Synchronization

/// Looks up keys on a queue of its own, with a timeout.
///
/// A store whose disk does not answer delays only requests with a key, and those not for long.
final class KeyLookup: Sendable {
  /// The most callers that wait at once: a server has no more connections, each with one request at a time.
  static let defaultCapacity = 4096

  private let keys: any KeyAuthenticating
  private let capacity: Int
  private let timeout: Duration
  private let waiting = Atomic(0)
  private let queue = DispatchQueue(label: "iris.keys")

  /// - Parameters:
  ///   - keys: The store of the keys.
  ///   - capacity: The most callers that wait at once.
  ///   - timeout: The longest time that a caller waits.
  init(
    _ keys: any KeyAuthenticating, capacity: Int = KeyLookup.defaultCapacity, timeout: Duration
  ) {
    self.keys = keys
    self.capacity = capacity
    self.timeout = timeout
  }

  /// Returns the valid key of a token.
  func key(of token: Token) async throws -> APIKey {
    try await ask { keys in try keys.authenticate(token) }
  }

  /// Throws if keys cannot be checked.
  func checkAvailability() async throws {
    try await ask { keys in try keys.checkAvailability() }
  }

  private func ask<Value: Sendable>(
    _ question: @escaping @Sendable (any KeyAuthenticating) throws -> Value
  ) async throws -> Value {
    guard waiting.add(1, ordering: .relaxed).newValue <= capacity else {
      waiting.subtract(1, ordering: .relaxed)
      throw AccountsError.stalled
    }
    let waiter = Waiter<Value>()
    queue.async { [self] in
      if waiter.isWaiting { waiter.answer(Result { try question(keys) }) }
      waiting.subtract(1, ordering: .relaxed)
    }
    return try await waiter.value(within: timeout)
  }
}

/// Checks four times a second whether keys can be checked.
///
/// Readiness is then known at once, also while the store does not answer.
final class StoreWatch: Sendable {
  private static let period = Duration.milliseconds(250)
  /// Together with a period less than the second within which the service must report not to be ready.
  private static let timeout = Duration.milliseconds(600)

  private let trouble = Mutex<AccountsError?>(nil)
  private let task = Mutex<Task<Void, Never>?>(nil)

  /// - Parameters:
  ///   - keys: The store of the keys.
  ///   - log: Receives a line when keys can no longer be checked, and when they can again.
  init(_ keys: any KeyAuthenticating, log: @escaping @Sendable (String) -> Void) {
    // A lookup of its own, since many requests may wait in that of the authenticator.
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

  /// Throws the last check's error.
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
