import Accounts
import JSON
import Testing

@Suite struct StorePagesTests {
  /// Reads all pages of two.
  private func pages<Record>(_ next: (Record?) async throws -> [Record]) async throws -> [[Record]]
  {
    var pages: [[Record]] = []
    repeat { pages.append(try await next(pages.last?.last)) } while pages.last?.count == 2
    return pages
  }

  @Test(arguments: StoreKind.tested)
  func `pages of accounts and keys give each once, also of one moment`(kind: StoreKind) async throws
  {
    let site = try StoreSite(kind)
    let store = try site.store()
    var accounts: [String] = []
    for name in ["a", "b", "c", "d"] {
      accounts.append(try await store.createAccount(name: name, by: "test").id)
    }
    var keys: [String] = []
    for name in ["k", "l", "m"] {
      var draft = KeyDraft(name: name)
      draft.account = accounts[0]
      keys.append(try await store.createKey(draft, by: "test").key.id)
    }
    _ = try await store.createKey(KeyDraft(name: "other"), by: "test")
    var query = ListQuery()
    query.limit = 2
    let found = try await pages { (last: Account?) in
      query.after = last?.id
      return try await store.accounts(query)
    }
    #expect(found.map(\.count) == [2, 2, 1])
    #expect(Set(found.joined().map(\.id)) == Set(accounts + ["acct_default"]))
    query = ListQuery(account: accounts[0])
    query.limit = 2
    let ofAccount = try await pages { (last: KeyRecord?) in
      query.after = last?.key.id
      return try await store.keys(query)
    }
    #expect(ofAccount.map(\.count) == [2, 1])
    #expect(Set(ofAccount.joined().map(\.key.id)) == Set(keys))
    query.after = "key_nothing"
    let error = await #expect(throws: AccountsError.self) { try await store.keys(query) }
    #expect(error?.code == .unknownKey)
  }

  @Test(arguments: StoreKind.tested)
  func `requests are given the latest first, with what they cost`(kind: StoreKind) async throws {
    let site = try StoreSite(kind)
    let store = try site.store()
    let node = try await TestNode(site)
    var ids: [String] = []
    for index in 0..<5 {
      let reservation = try await node.reservation()
      ids.append(reservation.id)
      try site.advance(milliseconds: 1500)
      if index == 3 {
        let facts = RequestFacts(status: 504, queueSeconds: 0.5)
        try await node.store.refund(reservation, reason: "failed", facts: facts)
      } else if index < 3 {
        let facts = RequestFacts(status: 200, queueSeconds: 0, renderSeconds: 1.25)
        _ = try await node.store.settle(reservation, facts: facts)
      }
    }
    var query = RequestQuery()
    query.limit = 2
    let found = try await pages { (last: RequestEntry?) in
      query.before = last?.id
      return try await store.requests(query)
    }.flatMap { $0 }
    #expect(found.map(\.id) == ids.reversed())
    #expect(
      found.map(\.state) == [.reserved, .refunded, .settled, .settled, .settled])
    #expect(found.map(\.charged.text) == ["0.00", "0.00", "0.005", "0.005", "0.005"])
    #expect(found.map(\.outcome) == [nil, "failed", "ok", "ok", "ok"])
    let document = found[1].document.text()
    #expect(document.contains(#""seconds":1.5"#) && document.contains(node.key.id))
    #expect(document.contains(#""status":504"#) && document.contains(#""queue_seconds":0.5"#))
    #expect(!document.contains("render_seconds"))
    #expect(found.map(\.facts.status) == [nil, 504, 200, 200, 200])
    #expect(found.last?.facts.renderSeconds == 1.25)
    query = RequestQuery()
    query.state = .reserved
    #expect(try await store.requests(query).map(\.id) == [ids[4]])
    query = RequestQuery()
    query.since = StoreSite.start.adding(seconds: 3)
    #expect(try await store.requests(query).map(\.id) == ids[2...].reversed())
    query.key = "key_other"
    #expect(try await store.requests(query) == [])
  }

  @Test(arguments: StoreKind.tested)
  func `pages of usage go on where the one before ended`(kind: StoreKind) async throws {
    let site = try StoreSite(kind)
    let store = try site.store()
    for name in ["one", "two"] {
      let node = try await TestNode(site, id: name)
      for _ in 0..<2 {
        _ = try await node.store.settle(try await node.reservation())
        try site.advance(seconds: 86_400)
      }
    }
    for isDaily in [false, true] {
      var query = UsageQuery()
      query.isDaily = isDaily
      let all = try await store.usage(query)
      query.limit = 2
      let found = try await pages { (last: Usage?) in
        query.after = last.flatMap { Usage.Place(Usage.Place($0).text) }
        return try await store.usage(query)
      }
      #expect(found.flatMap { $0 } == all && all.count >= 2)
    }
  }

  @Test(arguments: ["a\u{1B}[2J", "a\nb", "a\u{0}", "a\u{85}b", "a\u{2028}b", "", "\u{7F}"])
  func `names and notes that could do more than be read are refused`(text: String) async throws {
    let site = try StoreSite(.sqlite)
    let store = try site.store()
    let draft = KeyDraft(name: text)
    for change: @Sendable (Store) async throws -> Void in [
      { _ = try await $0.createAccount(name: text, by: "test") },
      { _ = try await $0.createKey(draft, by: "test") },
      {
        _ = try await $0.createKey(KeyDraft(name: String(repeating: "x", count: 201)), by: "test")
      },
    ] {
      let error = await #expect(throws: AccountsError.self) { try await change(store) }
      #expect(error?.code == .invalidValue)
    }
    guard !text.isEmpty else { return }
    await #expect(throws: AccountsError.self) {
      try await store.credit(Money(microUnits: 1), to: "acct_default", note: text, by: "test")
    }
  }

  @Test(arguments: StoreKind.tested)
  func `a key that would have expired already is refused`(kind: StoreKind) async throws {
    let site = try StoreSite(kind)
    let store = try site.store()
    var draft = KeyDraft(name: "late")
    draft.expires = StoreSite.start
    let error = await #expect(throws: AccountsError.self) {
      try await store.createKey(draft, by: "test")
    }
    #expect(error?.message.contains(StoreSite.start.text) == true)
  }
}
