import Accounts
import TestSupport
import Testing

@Suite struct AdmissionTests {

  @Test(arguments: StoreKind.tested)
  func `a finished image is charged once, however often it is settled`(kind: StoreKind) async throws
  {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    let reservation = try await node.reservation()
    #expect(try await node.account().reserved == TestNode.price)
    for _ in 0..<3 { #expect(try await node.store.settle(reservation)) }
    let account = try await node.account()
    #expect(account.credit == KeyLimits.defaultCredit - TestNode.price)
    #expect(account.reserved == .zero)
    let charges = try await node.charges()
    #expect(charges.map(\.request) == [reservation.id])
    #expect(charges.map(\.amount) == [.zero - TestNode.price])
    try await node.expectSound()
  }

  @Test(arguments: StoreKind.tested) func `a refunded request costs nothing, and cannot be settled`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    let reservation = try await node.reservation()
    try await node.store.refund(reservation, reason: "failed")
    #expect(try await node.store.settle(reservation) == false)
    #expect(try await node.account().credit == KeyLimits.defaultCredit)
    #expect(try await node.charges().isEmpty)
    try await node.expectSound()
  }

  @Test(arguments: StoreKind.tested)
  func `requests a minute are a sliding window, and the time to wait is exact`(kind: StoreKind)
    async throws
  {
    let site = try StoreSite(kind)
    let node = try await TestNode(site) { $0.requestsPerMinute = 2 }
    #expect(
      try await node.admit().rateLimit
        == RateLimit(limit: 2, remaining: 1, resetMilliseconds: 60_000))
    try site.advance(seconds: 20)
    _ = try await node.reservation()
    try site.advance(seconds: 10)
    let refused = try await node.admit()
    #expect(refused.refusal == Refusal(.requestsPerMinute, retryMilliseconds: 30_000))
    #expect(refused.rateLimit == RateLimit(limit: 2, remaining: 0, resetMilliseconds: 50_000))
    try site.advance(milliseconds: 29_999)
    #expect(try await node.admit().refusal?.retryMilliseconds == 1)
    try site.advance(milliseconds: 1)
    _ = try await node.reservation()
    #expect(try await node.admit().refusal?.retryMilliseconds == 20_000)
  }

  @Test(arguments: StoreKind.tested) func `requests a day are counted until midnight of UTC`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site) { $0.requestsPerDay = 1 }
    _ = try await node.reservation()
    #expect(
      try await node.admit().refusal
        == Refusal(.requestsPerDay, retryMilliseconds: 12 * 3_600_000))
    try site.advance(seconds: 12 * 3600)
    _ = try await node.reservation()
  }

  @Test(arguments: StoreKind.tested) func `requests at once are counted until they end`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site) { $0.concurrentRequests = 2 }
    let first = try await node.reservation()
    let second = try await node.reservation()
    #expect(try await node.admit().refusal?.reason == .concurrentRequests)
    _ = try await node.store.settle(first)
    _ = try await node.reservation()
    #expect(try await node.admit().refusal?.reason == .concurrentRequests)
    #expect(try await node.store.refund(second, reason: "cancelled"))
    #expect(try await !node.store.refund(second, reason: "cancelled"))
    _ = try await node.reservation()
  }

  @Test(arguments: StoreKind.tested)
  func `the monthly cap counts what is spent and what is reserved`(kind: StoreKind) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site) { $0.monthlyCap = Money(microUnits: 10_000) }
    let first = try await node.reservation()
    _ = try await node.store.settle(first)
    let second = try await node.reservation()
    #expect(try await node.admit().refusal == Refusal(.monthlyCap))
    try await node.store.refund(second, reason: "failed")
    _ = try await node.reservation()
    try site.advance(seconds: 3 * 86_400)
    _ = try await node.reservation()
  }

  @Test(arguments: StoreKind.tested)
  func `a clock that is set back counts for the month that it says`(kind: StoreKind) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site) { $0.monthlyCap = TestNode.price }
    try site.advance(seconds: 3 * 86_400)
    _ = try await node.reservation()
    #expect(try await node.admit().refusal == Refusal(.monthlyCap))
    try site.advance(seconds: -3 * 86_400)
    _ = try await node.reservation()
    #expect(try await node.admit().refusal == Refusal(.monthlyCap))
  }

  @Test(arguments: StoreKind.tested) func `credit is never overdrawn`(kind: StoreKind) async throws
  {
    let site = try StoreSite(kind)
    let node = try await TestNode(site, credit: Money(microUnits: 12_000))
    let first = try await node.reservation()
    _ = try await node.reservation()
    #expect(try await node.admit().refusal == Refusal(.credit))
    _ = try await node.store.settle(first)
    #expect(try await node.admit().refusal == Refusal(.credit))
    await #expect(throws: AccountsError.self) {
      try await node.store.credit(
        Money(microUnits: -3000), to: node.key.account, note: "", by: "test")
    }
    _ = try await node.store.credit(
      Money(microUnits: 3000), to: node.key.account, note: "", by: "test")
    _ = try await node.reservation()
    try await node.expectSound()
  }

  @Test(arguments: StoreKind.tested) func `test keys pay nothing, and are counted apart`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site, mode: .test, credit: .zero)
    let reservation = try await node.reservation()
    #expect(try await node.store.settle(reservation))
    #expect(try await node.charges().isEmpty)
    let usage = try await node.store.usage(UsageQuery())
    #expect(usage.map(\.images) == [1] && usage.map(\.spent) == [.zero])
    try await node.expectSound()
  }

  @Test(arguments: StoreKind.tested)
  func `of several reasons to refuse the first of the contract is given`(kind: StoreKind)
    async throws
  {
    let site = try StoreSite(kind)
    let node = try await TestNode(site, credit: .zero) {
      ($0.requestsPerMinute, $0.requestsPerDay, $0.concurrentRequests) = (0, 0, 0)
      $0.monthlyCap = .zero
    }
    var reasons: [Refusal.Reason] = []
    func refuse() async throws {
      reasons.append(try #require(try await node.admit().refusal?.reason))
    }
    let store = node.store
    _ = try await store.setSuspended(true, node.key.account, by: "test")
    try await refuse()
    _ = try await store.setSuspended(false, node.key.account, by: "test")
    var change = KeyChange()
    for raise: (inout KeyChange) -> Void in [
      { _ in }, { $0.requestsPerMinute = 9 }, { $0.requestsPerDay = 9 },
      { $0.concurrentRequests = 9 }, { $0.monthlyCap = Money(microUnits: 9000) },
    ] {
      raise(&change)
      _ = try await store.updateKey(node.key.id, change, by: "test")
      try await refuse()
    }
    _ = try await store.setSuspended(true, node.key.account, by: "test")
    _ = try await store.revokeKey(node.key.id, by: "test")
    try await refuse()
    #expect(
      reasons == [
        .accountSuspended, .requestsPerMinute, .requestsPerDay, .concurrentRequests, .monthlyCap,
        .credit, .unauthenticated,
      ])
    #expect(try site.run("SELECT count(*) FROM request") == [SQLRow([.integer(0)])])
  }

  @Test(arguments: StoreKind.tested) func `a key is refused from the moment that it expires`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    var change = KeyChange()
    change.expires = StoreSite.start.adding(seconds: 10)
    _ = try await node.store.updateKey(node.key.id, change, by: "test")
    _ = try await node.reservation()
    try site.advance(seconds: 10)
    #expect(try await node.admit().refusal?.reason == .unauthenticated)
  }

  @Test(arguments: StoreKind.tested)
  func `a preview refuses as an admission would, and writes nothing`(kind: StoreKind) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site) { $0.requestsPerMinute = 1 }
    let store = node.store
    #expect(
      try await store.preview(node.key, price: TestNode.price, idempotencyKey: nil).refusal == nil)
    _ = try await node.reservation(.idempotencyKey("a"))
    let again = try await store.preview(node.key, price: TestNode.price, idempotencyKey: "a")
    #expect(again.refusal == nil && again.rateLimit?.remaining == 0)
    let other = try await store.preview(node.key, price: TestNode.price, idempotencyKey: "b")
    #expect(other.refusal == Refusal(.requestsPerMinute, retryMilliseconds: 60_000))
  }
}
