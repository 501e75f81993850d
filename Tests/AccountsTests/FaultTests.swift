import Accounts
import Foundation
import Synchronization
import TestSupport
import Testing

/// A connection whose N-th statement fails, once; it then behaves as one that broke.
final class FaultyDatabase: Database {
  /// Counts the statements of all connections of a store.
  final class Counter: Sendable {
    private let state = Mutex((count: 0, failing: 0, hasFailed: false))

    func fail(at number: Int) { state.withLock { $0 = (0, number, false) } }

    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    func isFailing() -> Bool {
      state.withLock { state in
        state.count += 1
        guard state.count == state.failing else { return false }
        state.hasFailed = true
        return true
      }
    }
  }

  private let database: any Database
  private let counter: Counter
  /// True if the statement that fails takes effect all the same, as a commit whose answer is lost.
  private let isDone: Bool
  private var isBroken = false

  init(_ database: any Database, _ counter: Counter, isDone: Bool) {
    self.database = database
    self.counter = counter
    self.isDone = isDone
  }

  var dialect: SQLDialect { database.dialect }

  func run(_ sql: String, _ values: [SQLValue]) throws(AccountsError) -> [SQLRow] {
    if !isBroken, counter.isFailing() {
      isBroken = true
      if isDone { _ = try? database.run(sql, values) }
    }
    if isBroken { throw AccountsError(.storeUnavailable, "the test's fault") }
    return try database.run(sql, values)
  }
}

@Suite struct FaultTests {
  private let counter = FaultyDatabase.Counter()

  private func faultyStore(_ site: StoreSite, isDone: Bool) throws -> Store {
    var backend = try site.backend()
    let open = backend.open
    backend.open = { [counter] () throws(AccountsError) in
      FaultyDatabase(try open(), counter, isDone: isDone)
    }
    return Store(backend)
  }

  /// Serves a request as a node does, whatever fails; returns the client's answer.
  private func serve(_ store: Store, _ node: NodeIdentity, _ request: AdmissionRequest) async
    -> Bool
  {
    guard let outcome = try? await store.admit(request, on: node),
      let reservation = outcome.reservation
    else { return false }
    let answer = StoredAnswer(of: reservation)
    return (try? await store.settle(reservation, answer: answer)) == true
  }

  @Test(arguments: [false, true], StoreKind.tested)
  func `every statement failing once costs nobody anything, and the next request is served`(
    isDone: Bool, kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let setup = try await TestNode(site) {
      ($0.requestsPerMinute, $0.concurrentRequests) = (9999, 999)
    }
    let store = try faultyStore(site, isDone: isDone)
    let node = try await store.start(node: "faulty")
    var delivered = 0
    var faults = 0
    for number in 1...200 {
      counter.fail(at: number)
      let request = setup.request(.idempotencyKey("k\(number)"))
      if await serve(store, node, request) { delivered += 1 }
      guard counter.hasFailed else { break }
      faults += 1
      // A retry finds the answer, or is a new request once the lease of the lost one has run out.
      try site.advance(seconds: Reservation.leaseSeconds)
      let retry = try await store.admit(setup.request(.idempotencyKey("k\(number)")), on: node)
      if let reservation = retry.reservation {
        #expect(try await store.settle(reservation, answer: StoredAnswer(of: reservation)))
      } else {
        #expect(retry.replay != nil, "\(retry)")
      }
      #expect(try await setup.charges().count == number)
    }
    counter.fail(at: 0)
    #expect(faults > 15, "too few statements were tried")
    #expect(delivered >= 1)
    try site.advance(seconds: Reservation.leaseSeconds)
    try await store.reclaim()
    try await setup.expectSound()
  }

  @Test(arguments: StoreKind.tested) func `a settlement is tried again while its patience lasts`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let setup = try await TestNode(site)
    let reservation = try await setup.reservation()
    let store = try faultyStore(site, isDone: false)
    counter.fail(at: 2)
    await #expect(throws: AccountsError.self) { try await store.settle(reservation) }
    counter.fail(at: 2)
    #expect(try await store.settle(reservation, patience: .seconds(60)))
    #expect(counter.hasFailed)
    try await setup.expectSound()
  }
}
