import Accounts
import Foundation
import TestSupport
import Testing

/// Random histories: whatever nodes do, in whatever order, and wherever they crash, the tables agree.
@Suite struct StoreHistoryTests {
  /// Two nodes with what they believe to hold.
  private struct History {
    let site: StoreSite
    var nodes: [TestNode]
    var held: [[Reservation]] = [[], []]
    var delivered: [String] = []
    var random: SeededGenerator

    init(_ kind: StoreKind, seed: UInt64) async throws {
      site = try StoreSite(kind)
      let first = try await TestNode(site, id: "node-0", credit: Money(microUnits: 400_000)) {
        ($0.requestsPerMinute, $0.concurrentRequests) = (12, 6)
      }
      nodes = [first, try await TestNode(beside: first, id: "node-1")]
      random = SeededGenerator(seed: seed)
    }

    mutating func step() async throws {
      let which = random.below(2)
      let node = nodes[which]
      switch random.below(12) {
      case 0...3: try await admit(which)
      case 4...5:
        guard let reservation = take(which) else { return }
        let answer = random.below(3) == 0 ? nil : StoredAnswer(of: reservation)
        if try await node.store.settle(reservation, answer: answer) {
          delivered.append(reservation.id)
        }
      case 6:
        guard let reservation = take(which) else { return }
        try await node.store.refund(reservation, reason: "failed")
      case 7: _ = try await node.store.renew(held[which])
      case 8: try await node.store.reclaim()
      case 9:
        // A crash: nothing is ended, and the node starts again under its id.
        held[which] = []
        nodes[which] = try await TestNode(beside: node, id: "node-\(which)")
      case 10: try site.advance(seconds: Int64(random.below(40)))
      default: try await node.store.sweep()
      }
    }

    private mutating func admit(_ which: Int) async throws {
      let retries: [AdmissionRequest.Retry] = [
        .never, .idempotencyKey("k\(random.below(5))"), .fingerprint(isRetry: random.below(2) == 0),
      ]
      let outcome = try await nodes[which].admit(
        retries[random.below(3)], fingerprint: [UInt8(random.below(3))])
      if let reservation = outcome.reservation { held[which].append(reservation) }
    }

    private mutating func take(_ which: Int) -> Reservation? {
      guard !held[which].isEmpty else { return nil }
      return held[which].remove(at: random.below(held[which].count))
    }
  }

  @Test(arguments: 1...12, StoreKind.tested)
  func `after every step of a random history the tables agree`(
    seed: Int, kind: StoreKind
  )
    async throws
  {
    var history = try await History(kind, seed: UInt64(seed))
    for _ in 0..<120 {
      try await history.step()
      let findings = try await history.nodes[0].store.check()
      // A lease may have run out between two reclamations.
      #expect(findings.allSatisfy { $0.contains("outlived its lease") }, "\(findings)")
    }
    try history.site.advance(seconds: Reservation.leaseSeconds)
    try await history.nodes[0].store.reclaim()
    try await history.nodes[0].expectSound()
    let charges = try await history.nodes[0].charges()
    #expect(charges.compactMap(\.request).sorted() == history.delivered.sorted())
    #expect(try await history.nodes[0].account().reserved == .zero)
  }
}
