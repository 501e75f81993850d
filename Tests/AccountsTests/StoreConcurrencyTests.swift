import Accounts
import Foundation
import Synchronization
import TestSupport
import Testing

/// Limits under many clients at once, on one node and on three.
@Suite struct StoreConcurrencyTests {

  /// Has many clients of several nodes ask at once, and returns what they were told.
  private func ask(
    _ nodes: [TestNode], clients: Int, times: Int,
    _ body: @escaping @Sendable (TestNode) async throws -> AdmissionOutcome
  ) async throws -> [AdmissionOutcome] {
    try await withThrowingTaskGroup(of: [AdmissionOutcome].self) { group in
      for client in 0..<clients {
        group.addTask {
          var outcomes: [AdmissionOutcome] = []
          for _ in 0..<times { outcomes.append(try await body(nodes[client % nodes.count])) }
          return outcomes
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  private func nodes(
    _ count: Int, on site: StoreSite, credit: Money? = nil, _ change: (inout KeyLimits) -> Void
  ) async throws -> [TestNode] {
    let first = try await TestNode(site, credit: credit, change)
    var nodes = [first]
    for number in 1..<count {
      nodes.append(try await TestNode(beside: first, id: "node-\(number)x"))
    }
    return nodes
  }

  @Test(arguments: [1, 3], StoreKind.tested) func `requests a minute are reached and never passed`(
    count: Int, kind: StoreKind
  )
    async throws
  {
    let site = try StoreSite(kind)
    let nodes = try await nodes(count, on: site) {
      ($0.requestsPerMinute, $0.concurrentRequests) = (40, 1000)
    }
    for round in 0..<3 {
      let outcomes = try await ask(nodes, clients: 50 * count, times: 4) { try await $0.admit() }
      #expect(outcomes.count { $0.reservation != nil } == (round == 1 ? 0 : 40))
      #expect(
        outcomes.allSatisfy { $0.reservation != nil || $0.refusal?.reason == .requestsPerMinute })
      try site.advance(seconds: 30)
    }
    try await expectWindows(atMost: 40, on: site)
    try await nodes[0].expectSound()
  }

  @Test(arguments: [1, 3], StoreKind.tested)
  func `day, credit and cap are reached and never passed`(
    count: Int, kind: StoreKind
  )
    async throws
  {
    let site = try StoreSite(kind)
    let allowed = Money(microUnits: TestNode.price.microUnits * 30)
    let changes: [(Refusal.Reason, Money?, (inout KeyLimits) -> Void)] = [
      (.requestsPerDay, nil, { $0.requestsPerDay = 30 }), (.credit, allowed, { _ in }),
      (.monthlyCap, nil, { $0.monthlyCap = allowed }),
    ]
    for (reason, credit, change) in changes {
      let nodes = try await nodes(count, on: site, credit: credit) {
        ($0.requestsPerMinute, $0.concurrentRequests) = (1000, 1000)
        change(&$0)
      }
      let outcomes = try await ask(nodes, clients: 50 * count, times: 2) { node in
        let outcome = try await node.admit()
        if let reservation = outcome.reservation { _ = try await node.store.settle(reservation) }
        return outcome
      }
      #expect(outcomes.count { $0.reservation != nil } == 30)
      #expect(outcomes.count { $0.refusal?.reason == reason } == 100 * count - 30)
      #expect(try await nodes[0].account().reserved == .zero)
    }
    try await nodes(1, on: site) { _ in }[0].expectSound()
  }

  @Test(arguments: [1, 3], StoreKind.tested) func `no more are in progress than may be at once`(
    count: Int, kind: StoreKind
  )
    async throws
  {
    let site = try StoreSite(kind)
    let nodes = try await nodes(count, on: site) {
      ($0.requestsPerMinute, $0.concurrentRequests) = (100_000, 7)
    }
    let running = Mutex((now: 0, most: 0))
    let outcomes = try await ask(nodes, clients: 50 * count, times: 6) { node in
      let outcome = try await node.admit()
      guard let reservation = outcome.reservation else { return outcome }
      running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      await Task.yield()
      running.withLock { $0.now -= 1 }
      _ = try await node.store.settle(reservation)
      return outcome
    }
    #expect(running.withLock { $0.most } <= 7)
    #expect(outcomes.contains { $0.refusal?.reason == .concurrentRequests })
    let charged = try await nodes[0].charges().count
    #expect(charged == outcomes.count { $0.reservation != nil })
    try await nodes[0].expectSound()
  }

  @Test(arguments: [1, 3], StoreKind.tested)
  func `50 equal requests are one render, one charge and one body`(
    count: Int, kind: StoreKind
  )
    async throws
  {
    let site = try StoreSite(kind)
    let nodes = try await nodes(count, on: site) { $0.requestsPerMinute = 1000 }
    let renders = Atomic(0)
    let outcomes = try await ask(nodes, clients: 50 * count, times: 1) { node in
      while true {
        let outcome = try await node.admit(.idempotencyKey("same"))
        guard let reservation = outcome.reservation else {
          // Joined or told to wait: asks again, as an SDK does.
          if outcome.replay != nil { return outcome }
          try await Task.sleep(for: .milliseconds(2))
          continue
        }
        renders.wrappingAdd(1, ordering: .relaxed)
        try await Task.sleep(for: .milliseconds(20))
        _ = try await node.store.settle(reservation, answer: StoredAnswer(of: reservation))
      }
    }
    #expect(renders.load(ordering: .relaxed) == 1)
    #expect(try await nodes[0].charges().count == 1)
    let bodies = outcomes.compactMap(\.replay?.body)
    #expect(bodies.count == 50 * count && bodies.allSatisfy { $0 == bodies[0] })
    try await nodes[0].expectSound()
  }

  /// Expects that no 60 seconds had more admissions, by the table of requests.
  private func expectWindows(atMost limit: Int, on site: StoreSite) async throws {
    let times = try site.run("SELECT admitted_at FROM request ORDER BY admitted_at").map {
      try $0.integer(0)
    }
    for (index, first) in times.enumerated() {
      #expect(times[index...].prefix { $0 < first + 60_000_000 }.count <= limit)
    }
  }
}
