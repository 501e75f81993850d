import Accounts
import Foundation
import TestSupport
import Testing

/// Refusals, which must cost no write: a client that is refused asks again at once.
@Suite struct RefusalWriteTests {
  /// What a committed write changes, as another connection sees it.
  private func state(_ site: StoreSite, _ database: any Database) throws -> [SQLValue] {
    if site.address == nil {
      let log = try FileManager.default.attributesOfItem(
        atPath: site.directory + "/iris.sqlite-wal")
      return try database.run("PRAGMA data_version")[0].values
        + [.integer(Int64(log[.size] as? Int ?? -1))]
    }
    // The number of the next transaction that writes; also one that locks a row gets a number.
    return try database.run("SELECT CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT)")[0]
      .values
  }

  @Test(arguments: StoreKind.tested)
  func `two hundred refusals at once write nothing, and one admission does`(kind: StoreKind)
    async throws
  {
    // A server of its own, which writes nothing by itself.
    let cluster = try kind == .sqlite ? nil : PostgreSQLCluster(isDurable: false)
    try cluster?.execute("ALTER SYSTEM SET autovacuum = off")
    try cluster?.execute("SELECT pg_reload_conf()")
    let site = try StoreSite(kind, cluster: cluster)
    let node = try await TestNode(site) { $0.requestsPerMinute = 1 }
    let database = try site.backend().open()
    let unused = try state(site, database)
    #expect(try await node.admit().reservation != nil)
    let before = try state(site, database)
    #expect(before != unused, "a write is not seen")
    let reasons = try await withThrowingTaskGroup(of: Refusal.Reason?.self) { group in
      for _ in 0..<200 { group.addTask { try await node.admit().refusal?.reason } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(reasons == Array(repeating: .requestsPerMinute, count: 200))
    #expect(try state(site, database) == before)
    withExtendedLifetime(cluster) {}
  }

  @Test func `a transaction of operations that were all refused writes nothing`() async throws {
    let site = try StoreSite(.sqlite)
    let node = try await TestNode(site)
    let open = try await node.reservation()
    _ = try await node.store.settle(open)
    let database = try site.backend().open()
    let before = try state(site, database)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          // More than there is, a reservation that has ended, and a node that was never started.
          _ = try? await node.store.credit(
            Money(microUnits: -1_000_000_000), to: node.key.account, note: "", by: "test")
          _ = try? await node.store.refund(open, reason: "late")
          _ = try? await node.store.updateKey("key_nothing", KeyChange(), by: "test")
          _ = try? await node.store.reclaim()
        }
      }
    }
    #expect(try state(site, database) == before)
    _ = try await node.store.credit(
      Money(microUnits: 1), to: node.key.account, note: "", by: "test")
    #expect(try state(site, database) != before, "a write is not seen")
  }
}
