import Accounts
import Foundation
import TestSupport
import Testing

@Suite struct SchemaTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("data") }

  init() throws { folder = try TemporaryFolder() }

  @Test func `a store from before there were accounts has its keys in the default one`()
    async throws
  {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for (source, target) in [("layout-1.sqlite", "iris.sqlite"), ("layout-1.pepper", "pepper")] {
      try FileManager.default.copyItem(
        atPath: Fixture.path("accounts/\(source)"), toPath: path + "/" + target)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o600], ofItemAtPath: path + "/" + target)
    }
    let store = try Store(directory: path)
    let keys = try await store.keys()
    let accounts = try await store.accounts()
    #expect(accounts.map(\.credit) == [KeyLimits.defaultCredit])
    #expect(keys.map(\.key.account) == accounts.map(\.id))
    #expect(keys.map(\.key.limits) == [.standard])
    #expect(keys.map(\.key.created.timeIntervalSince1970).allSatisfy { $0 > 1.6e9 && $0 < 2e9 })
    #expect(try await store.check() == [])
  }

  @Test func `a store that needs a newer program is refused, one that does not is used`() throws {
    let database = try StoreBackend.sqlite(directory: path).open()
    try database.run("UPDATE schema_version SET version = 99")
    _ = try Store(directory: path)
    try database.run("UPDATE schema_version SET oldest_program = 99")
    let error = #expect(throws: AccountsError.self) { try Store(directory: path) }
    #expect(error?.code == .newerSchema)
    #expect(try database.run("SELECT version FROM schema_version") == [SQLRow([.integer(99)])])
  }

  @Test(arguments: StoreKind.tested)
  func `a store of the layout before is migrated with what is in it`(kind: StoreKind) async throws {
    let site = try StoreSite(kind)
    let earlier = try await TestNode(site)
    let open = try await earlier.reservation()
    for column in ["status", "queue_micros", "render_micros"] {
      try site.run("ALTER TABLE request DROP COLUMN \(column)")
    }
    try site.run("UPDATE schema_version SET version = 3")
    let store = try site.store()
    #expect(try await store.layout() == 4)
    let facts = RequestFacts(status: 200, queueSeconds: 0.25, renderSeconds: 1.5)
    #expect(try await store.settle(open, facts: facts))
    #expect(try await store.requests(RequestQuery()).map(\.facts) == [facts])
    #expect(try await store.check() == [])
  }

  @Test func `programs that keep no limits refuse the store`() throws {
    let database = try StoreBackend.sqlite(directory: path).open()
    #expect(try database.run("PRAGMA user_version") == [SQLRow([.integer(3)])])
  }

  @Test func `many processes that open a new store at once make one`() async throws {
    let stores = await Blocking.run(count: 8) { [path] _ in Result { try Store(directory: path) } }
    for store in stores { #expect(try await store.get().accounts().count == 1) }
  }
}
