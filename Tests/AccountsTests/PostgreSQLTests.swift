import Accounts
import Foundation
import TestSupport
import Testing

/// Tests of what only a PostgreSQL store has: its URL, its shared pepper, and several versions at once.
@Suite(.enabled(if: PostgreSQLCluster.shared != nil, Comment(rawValue: PostgreSQLCluster.missing)))
struct PostgreSQLTests {
  private let cluster: PostgreSQLCluster
  private let folder: TemporaryFolder

  init() throws {
    cluster = try #require(PostgreSQLCluster.shared)
    folder = try TemporaryFolder()
  }

  private func open(_ url: String, _ node: String = "data") throws(AccountsError) -> Store {
    Store(try .postgresql(PostgreSQLAddress(url), directory: folder.path(node)))
  }

  private func copyPepper(from source: String = "data", to target: String) throws {
    try FileManager.default.createDirectory(
      atPath: folder.path(target), withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    try FileManager.default.copyItem(
      atPath: folder.path("\(source)/pepper"), toPath: folder.path("\(target)/pepper"))
  }

  @Test(arguments: [
    (
      "postgresql://iris:s3cret@db.example:5433/images?sslmode=verify-full",
      "postgresql://iris@db.example:5433/images"
    ),
    ("postgres://:s3cret@/images?host=/run/s3", "postgresql:///run/s3/images"),
    (
      "postgresql://a:s3cret@one:1,two:2/d?target_session_attrs=any",
      "postgresql://a@one,two:1,2/d"
    ),
  ])
  func `a URL is described without its password`(url: String, shown: String) throws {
    #expect(try PostgreSQLAddress(url).description == shown)
  }

  @Test(arguments: [
    "", "postgresql", "mysql://u:s3cret@h/d", "postgresql://u:s3cret@h:port/d",
    "postgresql://u:x@s3cret@h/d", "postgresql://u:x/s3cret@h/d", "postgresql://u:1/s3cret@h/d",
    "postgresql://u:s3cret@h/d?nothing=1", "postgresql://u:s3cret%zz@h/d",
    "postgresql://u:s3cret@[h/d",
  ])
  func `a URL that cannot be read is not quoted`(url: String) {
    let error = #expect(throws: AccountsError.self) { try PostgreSQLAddress(url) }
    #expect(error?.code == .invalidValue)
    #expect(error?.message.contains("s3cret") == false)
  }

  @Test func `a password lets in, and is in no error`() async throws {
    let (name, password) = PostgreSQLCluster.guardedUser
    try cluster.execute("CREATE SCHEMA guarded")
    let store = try open(cluster.url(user: name, password: password, schema: "guarded"), "guarded")
    #expect(try await store.check() == [])
    let wrong = cluster.url(user: name, password: "not-\(password)", schema: "guarded")
    let error = #expect(throws: AccountsError.self) { try open(wrong, "guarded") }
    #expect(error?.code == .storeUnavailable)
    #expect(error?.message.contains("password authentication failed") == true)
    #expect(error?.message.contains("not-") == false)
  }

  @Test func `nodes that open a new store at once with one pepper make one`() async throws {
    let url = try cluster.makeSchema()
    try FileManager.default.createDirectory(
      atPath: folder.path("data"), withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    _ = try StoreBackend.sqlite(directory: folder.path("data"))
    for node in 0..<6 { try copyPepper(to: "node-\(node)") }
    let stores = await Blocking.run(count: 6) { node in
      Result { () throws(AccountsError) in try open(url, "node-\(node)") }
    }
    for store in stores { #expect(try await store.get().accounts().count == 1) }
    let keys = await Blocking.run(count: 6) { node in
      Result { try stores[node].get().keyStore.createFirst(name: "first") }
    }
    #expect(try keys.compactMap { try $0.get() }.count == 1)
    #expect(try await stores[0].get().keys().count == 1)
  }

  @Test func `a node without the store's pepper, or with another, is told so`() async throws {
    let url = try cluster.makeSchema()
    let token = try await open(url).createKey(KeyDraft(name: "a"), by: "test").token
    let missing = #expect(throws: AccountsError.self) { try open(url, "other") }
    #expect(missing?.message.contains("\(folder.path("other"))/pepper is missing") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path("other/pepper")))
    try FileManager.default.removeItem(atPath: folder.path("other"))
    _ = try StoreBackend.sqlite(directory: folder.path("other"))
    let another = #expect(throws: AccountsError.self) { try open(url, "other") }
    #expect(another?.message.contains("not the one that the store's other nodes have") == true)
    try FileManager.default.removeItem(atPath: folder.path("other"))
    try copyPepper(to: "other")
    #expect(try open(url, "other").keyStore.authenticate(token).name == "a")
  }

  /// Rows are numbered when they are written: without a wait the reader would go on behind the second row, and
  /// never see the first.
  @Test func `a page of the ledger waits for entries that are written and not committed`()
    async throws
  {
    let site = try StoreSite(.postgresql)
    let (store, other) = (try site.store(), try site.backend().connection())
    let account = try await store.createAccount(name: "a", credit: .zero, by: "test").id
    let end = try await store.ledger(PageQuery()).last?.sequence ?? 0
    let written = AsyncStream.makeStream(of: Void.self)
    let slow = Task.detached {
      try other.use { (database) throws(AccountsError) in
        try database.transaction { () throws(AccountsError) in
          try database.run(
            """
            INSERT INTO ledger (account_id, kind, amount_micro, images, month, note, at)
            VALUES ('acct_default', 'credit', 1, 0, 0, 'slow', 0)
            """)
          written.continuation.finish()
          usleep(300_000)
        }
      }
    }
    for await _ in written.stream {}
    _ = try await store.credit(Money(microUnits: 2), to: account, note: "quick", by: "test")
    var query = PageQuery()
    query.after = end
    #expect(try await store.ledger(query).map(\.note) == ["slow", "quick"])
    try await slow.value
  }

  @Test func `a revoked key is refused at once on every node`() async throws {
    let url = try cluster.makeSchema()
    let first = try open(url)
    try copyPepper(to: "other")
    let second = try open(url, "other")
    let (key, token) = try await first.createKey(KeyDraft(name: "a"), by: "test")
    #expect(try second.keyStore.authenticate(token) == key)
    _ = try await first.revokeKey(key.id, by: "test")
    #expect(throws: AccountsError.self) { try second.keyStore.authenticate(token) }
  }

  @Test func `nodes of this version and of the next work on one store`() async throws {
    let site = try StoreSite(.postgresql)
    let old = try await TestNode(site)
    let open = try await old.reservation()
    // A later version's migration adds this, while this version's node runs.
    for statement in [
      "ALTER TABLE request ADD COLUMN region TEXT",
      "ALTER TABLE api_key ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'",
      "CREATE TABLE later (id TEXT PRIMARY KEY)",
      "UPDATE schema_version SET version = version + 1",
    ] {
      try site.run(statement)
    }
    #expect(try await old.store.settle(open))
    let restarted = try await TestNode(beside: old, id: "node-2")
    for node in [old, restarted] {
      #expect(try await node.store.settle(try await node.reservation()))
      _ = try await node.store.createKey(KeyDraft(name: "b"), by: "test")
    }
    #expect(try await old.charges().count == 3)
    try await old.expectSound()
    try site.run("UPDATE schema_version SET oldest_program = version")
    let error = #expect(throws: AccountsError.self) { try site.store() }
    #expect(error?.code == .newerSchema)
  }

  @Test func `a body of any bytes is kept for every node`() async throws {
    let site = try StoreSite(.postgresql)
    let node = try await TestNode(site)
    let other = try await TestNode(beside: node, id: "node-2")
    let reservation = try await node.reservation(.idempotencyKey("a"))
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let answer = StoredAnswer(
      request: reservation.id, status: 200, contentType: "image/png", body: body)
    #expect(try await node.store.settle(reservation, answer: answer))
    #expect(try await other.admit(.idempotencyKey("a")).replay == answer)
  }

  @Test func `a backup is left to the database's tools`() async throws {
    let store = try StoreSite(.postgresql).store()
    let error = await #expect(throws: AccountsError.self) {
      try await store.backUp(to: folder.path("copy"))
    }
    #expect(error?.code == .invalidValue && error?.message.contains("pg_dump") == true)
  }
}
