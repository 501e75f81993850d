import Accounts
import TestSupport
import Testing

@Suite struct LeaseTests {

  @Test(arguments: StoreKind.tested)
  func `a reservation whose lease ran out is refunded, and fenced`(kind: StoreKind) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    let reservation = try await node.reservation()
    try site.advance(seconds: Reservation.leaseSeconds - 1)
    #expect(try await node.store.reclaim() == 0)
    #expect(try await node.store.renew([reservation]) == [])
    try site.advance(seconds: Reservation.leaseSeconds - 1)
    #expect(try await node.store.reclaim() == 0)
    try site.advance(seconds: 1)
    let other = try await TestNode(beside: node, id: "node-2")
    #expect(try await other.store.reclaim() == 1)
    #expect(try await node.store.renew([reservation]) == [reservation])
    #expect(try await node.store.settle(reservation) == false)
    #expect(try await node.account().credit == KeyLimits.defaultCredit)
    try await node.expectSound()
  }

  @Test(arguments: StoreKind.tested)
  func `a node that starts again refunds what it left, and nothing of others`(kind: StoreKind)
    async throws
  {
    let site = try StoreSite(kind)
    let first = try await TestNode(site)
    let second = try await TestNode(beside: first, id: "node-2")
    let lost = try await first.reservation()
    let kept = try await second.reservation()
    let again = try await TestNode(beside: first, id: "node-1")
    #expect(again.node.epoch == first.node.epoch + 1)
    #expect(try await first.store.settle(lost) == false)
    #expect(try await second.store.settle(kept))
    try await again.expectSound()
  }

  @Test(arguments: StoreKind.tested)
  func `nodes are listed with their last sign of life and what they have in progress`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let first = try await TestNode(site)
    _ = try await first.reservation()
    try site.advance(seconds: Reservation.leaseSeconds)
    let second = try await TestNode(beside: first, id: "node-2")
    let nodes = try await second.store.nodes()
    #expect(nodes.map(\.id) == ["node-1", "node-2"])
    #expect(nodes.map(\.isAlive) == [false, true] && nodes.map(\.openRequests) == [1, 0])
    #expect(nodes.map(\.heartbeat) == [StoreSite.start, StoreSite.start.adding(seconds: 30)])
    #expect(try await second.store.nodes(after: "node-1").map(\.id) == ["node-2"])
  }

  @Test(arguments: StoreKind.tested) func `the checker finds a reservation that outlived its lease`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    let reservation = try await node.reservation()
    try site.advance(seconds: Reservation.leaseSeconds + 61)
    let findings = try await node.store.check()
    #expect(findings.count == 1 && findings[0].contains(reservation.id))
  }
}
