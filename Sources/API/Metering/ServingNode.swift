public import Accounts
import Synchronization

/// This process among those that serve from one store: its identity there, and the leases of what it has
/// admitted, renewed by one timer until each request has ended.
///
/// The timer also refunds what other nodes left when they vanished, and removes answers that are kept no
/// longer.
public final class ServingNode: Sendable {
  /// The time between two attempts while the store fails.
  private static let retryPeriod = Duration.seconds(1)
  /// Answers are kept for 10 minutes at least, so that twice as many lie there at most.
  private static let sweepPeriod = Duration.seconds(600)

  private struct State {
    /// The node's id; nil until it is started.
    var name: String?
    var starting: Task<NodeIdentity, any Error>?
    /// Ends the render of each reservation, should that be lost.
    var held: [Reservation: @Sendable () -> Void] = [:]
    var trouble: AccountsError?
    var timer: Task<Void, Never>?
  }

  let store: Store
  private let log: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// Creates a node, which admits nothing until it is started.
  /// - Parameter log: Receives a line when the store fails, and when it works again.
  public init(store: Store, log: @escaping @Sendable (String) -> Void = { _ in }) {
    self.store = store
    self.log = log
  }

  deinit { state.withLock { $0.timer }?.cancel() }

  /// Begins to serve, and refunds what an earlier process of that name left open.
  /// - Parameter name: The node's id, which no other running process of the store has.
  public func start(as name: String) {
    state.withLock { $0.name = name }
    let timer = Task { [weak self] in
      var nextSweep = ContinuousClock.now
      while !Task.isCancelled {
        guard let pause = await self?.tick(&nextSweep) else { return }
        try? await Task.sleep(for: pause)
      }
    }
    state.withLock { $0.timer = timer }
  }

  /// Throws the reason if nothing can be admitted.
  func checkReadiness() throws(AccountsError) {
    if let trouble = state.withLock({ $0.trouble }) { throw trouble }
  }

  /// The node's identity, which waits for its start.
  var identity: NodeIdentity {
    get async throws {
      let starting = try state.withLock { state in
        guard let name = state.name else {
          throw AccountsError(.storeUnavailable, "the store is about to be opened")
        }
        let task =
          state.starting ?? Task { [store] in try await store.start(node: name) }
        state.starting = task
        return task
      }
      do {
        return try await starting.value
      } catch {
        state.withLock { if $0.starting == starting { $0.starting = nil } }
        throw error
      }
    }
  }

  /// Renews the lease of a reservation from now on.
  /// - Parameter onLoss: Called if someone else has refunded it.
  func hold(_ reservation: Reservation, onLoss: @escaping @Sendable () -> Void) {
    state.withLock { $0.held[reservation] = onLoss }
  }

  /// Renews the lease of a reservation no longer.
  /// - Returns: False if it was lost.
  @discardableResult
  func release(_ reservation: Reservation) -> Bool {
    state.withLock { $0.held.removeValue(forKey: reservation) } != nil
  }

  // MARK: Timer

  /// Does what is due, and returns the time until it is due again.
  private func tick(_ nextSweep: inout ContinuousClock.Instant) async -> Duration {
    do {
      try await renew()
      // After an outage others renew theirs first: their leases have run out through no fault of theirs.
      if note(nil) { _ = try await store.reclaim() }
      if ContinuousClock.now >= nextSweep {
        try await store.sweep()
        nextSweep = .now + Self.sweepPeriod
      }
      return .seconds(Reservation.renewalSeconds)
    } catch {
      _ = note(error as? AccountsError ?? .stalled)
      return Self.retryPeriod
    }
  }

  private func renew() async throws {
    let node = try await identity
    guard try await store.beat(node) else {
      throw AccountsError(
        .storeUnavailable,
        "another process serves as node `\(node.id)` of this store: give each a name of its own")
    }
    let held = state.withLock { Array($0.held.keys) }
    guard !held.isEmpty else { return }
    for lost in try await store.renew(held) {
      // One that has ended meanwhile is held no longer.
      state.withLock { $0.held.removeValue(forKey: lost) }?()
    }
  }

  /// Records whether the store works.
  /// - Returns: True if it did so before.
  private func note(_ trouble: AccountsError?) -> Bool {
    let earlier = state.withLock { state in
      defer { state.trouble = trouble }
      return state.trouble
    }
    if trouble != earlier {
      log(
        "iris: " + (trouble.map { "not ready: \($0.message)" } ?? "the store can be written again"))
    }
    return earlier == nil
  }
}
