import Accounts
import Foundation
import TestSupport
import Testing

@Suite struct StoreAdministrationTests {

  @Test(arguments: StoreKind.tested)
  func `an account begins with its credit, and every movement is in the ledger`(kind: StoreKind)
    async throws
  {
    let site = try StoreSite(kind)
    let store = try site.store()
    let account = try await store.createAccount(name: "acme", by: "test")
    #expect(account.credit == KeyLimits.defaultCredit && !account.isSuspended)
    let more = try await store.credit(
      Money(microUnits: 250_000), to: account.id, note: "invoice 7", by: "test")
    #expect(more.credit.text == "5.25")
    var query = PageQuery()
    query.account = account.id
    let entries = try await store.ledger(query)
    #expect(entries.map(\.amount.text) == ["5.00", "0.25"])
    #expect(entries.map(\.note) == ["credit at creation", "invoice 7"])
    query.after = entries[0].sequence
    #expect(try await store.ledger(query) == [entries[1]])
    query.since = StoreSite.start.adding(seconds: 1)
    #expect(try await store.ledger(query) == [])
    #expect(try await store.check() == [])
  }

  @Test(arguments: StoreKind.tested)
  func `a rotated key keeps its id and its use, and its token before is valid for a time`(
    kind: StoreKind
  )
    async throws
  {
    let site = try StoreSite(kind)
    let store = try site.store()
    let keys = KeyStore(try site.backend())
    let (key, old) = try await store.createKey(KeyDraft(name: "a"), by: "test")
    let (rotated, new) = try await store.rotateKey(key.id, overlapSeconds: 3600, by: "test")
    #expect(rotated.id == key.id && rotated.prefix == new.prefix)
    #expect(try keys.authenticate(old).id == key.id)
    #expect(try keys.authenticate(new).id == key.id)
    #expect(
      try await store.key(key.id).previousTokenUntil == StoreSite.start.adding(seconds: 3600))
    try site.advance(seconds: 3600)
    #expect(throws: AccountsError.self) { try keys.authenticate(old) }
    #expect(try keys.authenticate(new).id == key.id)
    for seconds in [-1, KeyLimits.overlapSeconds.upperBound + 1] {
      let error = await #expect(throws: AccountsError.self) {
        try await store.rotateKey(key.id, overlapSeconds: seconds, by: "test")
      }
      #expect(error?.code == .invalidValue)
    }
    _ = try await store.revokeKey(key.id, by: "test")
    #expect(throws: AccountsError.self) { try keys.authenticate(new) }
    await #expect(throws: AccountsError.self) {
      try await store.rotateKey(key.id, overlapSeconds: 0, by: "test")
    }
  }

  @Test(arguments: StoreKind.tested) func `a change of a key leaves what it does not name`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let store = try site.store()
    var draft = KeyDraft(name: "a")
    draft.limits.requestsPerDay = 7
    draft.expires = StoreSite.start.adding(seconds: 60)
    let key = try await store.createKey(draft, by: "test").key
    var change = KeyChange()
    change.requestsPerMinute = 3
    let changed = try await store.updateKey(key.id, change, by: "test")
    #expect(changed.limits.requestsPerMinute == 3 && changed.limits.requestsPerDay == 7)
    #expect(changed.expires == draft.expires?.date && changed.name == "a")
    change.expires = .some(nil)
    #expect(try await store.updateKey(key.id, change, by: "test").expires == nil)
    change.concurrentRequests = -1
    let error = await #expect(throws: AccountsError.self) {
      try await store.updateKey(key.id, change, by: "test")
    }
    #expect(error?.code == .invalidValue && error?.message.contains("-1") == true)
  }

  @Test(arguments: StoreKind.tested) func `the audit log says who changed what, before and after`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let store = try site.store()
    let key = try await store.createKey(KeyDraft(name: "a"), by: "alice").key
    var change = KeyChange()
    change.requestsPerMinute = 3
    _ = try await store.updateKey(key.id, change, by: "bob")
    let entries = try await store.audit(PageQuery())
    #expect(entries.map(\.action) == ["key.create", "key.update"])
    #expect(entries.map(\.actor) == ["alice", "bob"])
    #expect(entries.allSatisfy { $0.subject == key.id && $0.at == StoreSite.start })
    #expect(entries[1].before.contains(#""rpm":60"#))
    #expect(entries[1].after.contains(#""rpm":3"#))
  }

  @Test(arguments: StoreKind.tested) func `a refused change leaves no line in the audit log`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let store = try site.store()
    for change: @Sendable (Store) async throws -> Void in [
      { _ = try await $0.revokeKey("key_nothing", by: "test") },
      { _ = try await $0.setSuspended(true, "acct_nothing", by: "test") },
      { _ = try await $0.credit(Money(microUnits: 1), to: "acct_nothing", note: "", by: "test") },
      { _ = try await $0.createAccount(name: "", by: "test") },
      { _ = try await $0.createKey(KeyDraft(name: ""), by: "test") },
    ] {
      await #expect(throws: AccountsError.self) { try await change(store) }
    }
    #expect(try await store.audit(PageQuery()) == [])
  }

  @Test(arguments: StoreKind.tested) func `usage is by month and by day, of an account or of a key`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let store = try site.store()
    let node = try await TestNode(site)
    _ = try await node.store.settle(try await node.reservation())
    try site.advance(seconds: 86_400)
    _ = try await node.store.settle(try await node.reservation())
    try site.advance(seconds: 86_400)
    try await node.store.refund(try await node.reservation(), reason: "failed")
    var query = UsageQuery()
    let months = try await store.usage(query)
    #expect(months.map(\.period) == ["2026-11", "2026-12"])
    #expect(months.map(\.images) == [2, 0] && months.map(\.requests) == [2, 1])
    #expect(months.map(\.spent.text) == ["0.01", "0.00"])
    query.isDaily = true
    query.month = UTCMonth("2026-11")
    let days = try await store.usage(query)
    #expect(days.map(\.period) == ["2026-11-29", "2026-11-30"])
    #expect(days.map(\.spent.text) == ["0.005", "0.005"])
    query.key = "key_other"
    #expect(try await store.usage(query) == [])
    let record = try await store.key(node.key.id)
    #expect(record.lastUsed == StoreSite.start.adding(seconds: 2 * 86_400))
  }
}

@Suite struct MoneyTests {
  @Test(arguments: [
    ("5", 5_000_000, "5.00"), ("0.005", 5000, "0.005"), ("-0.25", -250_000, "-0.25"),
    ("750", 750_000_000, "750.00"), ("0.000001", 1, "0.000001"),
    ("999999999.999999", 999_999_999_999_999, "999999999.999999"),
  ])
  func `amounts are read and written exactly`(text: String, micro: Int64, written: String) {
    #expect(Money(text)?.microUnits == micro)
    #expect(Money(microUnits: micro).text == written)
  }

  @Test(arguments: ["", "-", ".5", "5.", "1e3", "0.0000001", "1000000000000", "1,5", "٣", "1.2.3"])
  func `what is no amount is refused`(text: String) {
    #expect(Money(text) == nil)
  }

  @Test(arguments: [0, 31, 59, 365, 789, 11_016, 11_017, 19_782, 20_786, 47_540])
  func `days and months are those of the calendar`(number: Int64) throws {
    let day = UTCDay(number: number)
    let date = Date(timeIntervalSince1970: Double(number) * 86_400)
    #expect(day.text == String(date.ISO8601Format().prefix(10)))
    #expect(day.month.firstDay.text == day.month.text + "-01")
    #expect(UTCMonth(day.month.text) == day.month)
    #expect(UTCDay(Timestamp(microseconds: day.end.microseconds - 1)) == day)
    #expect(UTCDay(day.end).number == number + 1)
    #expect(day.month.next.firstDay.number - day.month.firstDay.number >= 28)
  }
}
