import Accounts
import Foundation
import Synchronization
import TestSupport
import Testing

/// A PostgreSQL server of a test's own that crashes, and comes back.
@Suite(.enabled(if: PostgreSQLCluster.shared != nil, Comment(rawValue: PostgreSQLCluster.missing)))
struct PostgreSQLCrashTests {
  private let cluster: PostgreSQLCluster
  private let site: StoreSite

  init() throws {
    cluster = try PostgreSQLCluster(isDurable: true)
    site = try StoreSite(.postgresql, cluster: cluster)
  }

  /// Three nodes with a key without limits.
  private func nodes() async throws -> [TestNode] {
    let first = try await TestNode(site, credit: .maximum) {
      ($0.requestsPerMinute, $0.requestsPerDay, $0.concurrentRequests) = (999_999, 999_999, 999_999)
      $0.monthlyCap = .maximum
    }
    var nodes = [first]
    for number in 2...3 { nodes.append(try await TestNode(beside: first, id: "node-\(number)")) }
    return nodes
  }

  /// The answers that clients had.
  private final class Record: Sendable {
    let delivered = Mutex<[String]>([])
    let failureCount = Atomic(0)
    let isOver = Atomic(false)

    var count: Int { delivered.withLock { $0.count } }
  }

  /// A client that asks until the end; what fails costs it a moment.
  private func ask(_ node: TestNode, _ record: Record) async {
    while !record.isOver.load(ordering: .relaxed) {
      do {
        let admitted = try await node.admit(.idempotencyKey(UUID().uuidString))
        guard let reservation = admitted.reservation else { continue }
        let answer = StoredAnswer(of: reservation)
        if try await node.store.settle(reservation, answer: answer, patience: .seconds(120)) {
          record.delivered.withLock { $0.append(reservation.id) }
        }
      } catch {
        record.failureCount.wrappingAdd(1, ordering: .relaxed)
        try? await Task.sleep(for: .milliseconds(10))
      }
    }
  }

  @Test func `ten crashes of the database under the load of three nodes lose and double nothing`()
    async throws
  {
    let nodes = try await nodes()
    let record = Record()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<24 { group.addTask { await ask(nodes[client % nodes.count], record) } }
      group.addTask {
        defer { record.isOver.store(true, ordering: .relaxed) }
        for _ in 0..<10 {
          let before = record.count
          let isServed = try await eventually { record.count > before }
          try #require(isServed, "the store does not serve after a crash")
          // For two seconds at most, so that a crash meets many requests where they are served as fast as that.
          for _ in 0..<200 where record.count < before + 50 {
            try await Task.sleep(for: .milliseconds(10))
          }
          try await Blocking.run { Result { try cluster.crash() } }.get()
          try await Blocking.run { Result { try cluster.start() } }.get()
        }
      }
      try await group.waitForAll()
    }
    let charged = try site.run("SELECT request_id FROM ledger WHERE kind = 'charge'").map {
      try $0.text(0)
    }
    #expect(Set(charged).count == charged.count)
    #expect(Set(charged) == Set(record.delivered.withLock { $0 }))
    #expect(record.failureCount.load(ordering: .relaxed) > 0, "no call met a crash")
    try site.advance(seconds: Reservation.leaseSeconds)
    try await nodes[0].store.reclaim()
    try await nodes[0].expectSound()
    #expect(try await nodes[0].account().reserved == .zero)
  }

  @Test func `a database that is away fails calls at once, and is found again when it is back`()
    async throws
  {
    let node = try await nodes()[0]
    let held = try await node.reservation()
    try cluster.crash()
    for _ in 0..<20 {
      let error = await #expect(throws: AccountsError.self) { try await node.admit() }
      #expect(error?.code == .storeUnavailable)
    }
    #expect(throws: AccountsError.self) { try node.store.keyStore.checkAvailability() }
    // A render that ended meanwhile waits for its settlement.
    async let settled = node.store.settle(held, patience: .seconds(120))
    try cluster.start()
    #expect(try await settled)
    #expect(try await eventually { (try? await node.admit())?.reservation != nil })
    #expect(try await node.charges().map(\.request) == [held.id])
  }

  @Test func `a node that stops in the middle of a transaction does not hold up the others`()
    async throws
  {
    let nodes = try await nodes()
    let account = nodes[0].key.account
    let stopped = try site.backend().open()
    try stopped.run(stopped.dialect.beginWriting)
    try stopped.lock(accounts: [account])
    try stopped.run("UPDATE account SET credit_micro = 0 WHERE id = $1", [.text(account)])
    // The server ends the session after a time in which nothing came, and its locks with it.
    try stopped.run("SELECT set_config('idle_in_transaction_session_timeout', '300ms', false)")
    #expect(try await nodes[1].store.settle(try await nodes[1].reservation()))
    #expect(throws: AccountsError.self) { try stopped.run("COMMIT") }
    try await nodes[1].expectSound()
  }
}
