internal import Accounts
internal import Dispatch
internal import Synchronization

/// Looks keys up on a thread of its own, so that a store whose disk does not answer holds up nobody
/// but those who bring a key, and them not for long.
final class KeyLookup: Sendable {
  /// Who waits for an answer, and gets the first that there is.
  private final class Waiter<Value: Sendable>: Sendable {
    private enum State {
      case new
      case waiting(CheckedContinuation<Value, any Error>)
      case answered(Result<Value, any Error>?)
    }

    private let state = Mutex(State.new)

    /// Whether an answer would still be heard.
    var isWaiting: Bool {
      state.withLock { if case .answered = $0 { false } else { true } }
    }

    func wait(_ continuation: CheckedContinuation<Value, any Error>) {
      let early = state.withLock { state -> Result<Value, any Error>? in
        if case .answered(let result) = state { return result }
        state = .waiting(continuation)
        return nil
      }
      if let early { continuation.resume(with: early) }
    }

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
  }

  /// As many as a server has connections may wait, each of which has one request at a time.
  static let standardCapacity = 4096

  private let keys: any KeyAuthenticating
  private let capacity: Int
  private let timeout: Duration
  private let waiting = Atomic(0)
  private let queue = DispatchQueue(label: "iris.keys")

  /// - Parameters:
  ///   - keys: What knows them.
  ///   - capacity: How many may wait for an answer.
  ///   - timeout: How long anyone waits.
  init(
    _ keys: any KeyAuthenticating, capacity: Int = KeyLookup.standardCapacity, timeout: Duration
  ) {
    self.keys = keys
    self.capacity = capacity
    self.timeout = timeout
  }

  /// The valid key that a token belongs to.
  func key(of token: Token) async throws -> APIKey {
    try await ask { keys in try keys.authenticate(token) }
  }

  /// Throws what keeps keys from being checked.
  func checkAvailability() async throws {
    try await ask { keys in try keys.checkAvailability() }
  }

  private func ask<Value: Sendable>(
    _ question: @escaping @Sendable (any KeyAuthenticating) throws -> Value
  ) async throws -> Value {
    guard waiting.add(1, ordering: .relaxed).newValue <= capacity else {
      waiting.subtract(1, ordering: .relaxed)
      throw Self.stalled
    }
    let waiter = Waiter<Value>()
    let timer = Task { [timeout] in
      try await Task.sleep(for: timeout)
      waiter.answer(.failure(Self.stalled))
    }
    defer { timer.cancel() }
    queue.async { [self] in
      if waiter.isWaiting { waiter.answer(Result { try question(keys) }) }
      waiting.subtract(1, ordering: .relaxed)
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter.wait($0) }
    } onCancel: {
      waiter.answer(.failure(CancellationError()))
    }
  }

  private static let stalled = AccountsError(
    .storeUnavailable, "the key store does not answer in time")
}

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
