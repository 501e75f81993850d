import Accounts
import Foundation
import TestSupport
import Testing

@Suite struct StoreMaintenanceTests {

  @Test func `a copy that is made under load is of one moment, and sound`() async throws {
    let site = try StoreSite(.sqlite)
    let node = try await TestNode(site) {
      ($0.requestsPerMinute, $0.concurrentRequests) = (9999, 99)
    }
    let copies = try TemporaryFolder()
    let load = Task {
      for _ in 0..<200 { _ = try await node.store.settle(try await node.reservation()) }
    }
    for number in 0..<3 {
      try FileManager.default.createDirectory(
        atPath: copies.path("\(number)"), withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      try await node.store.backUp(to: copies.path("\(number)/iris.sqlite"))
      try FileManager.default.copyItem(
        atPath: site.directory + "/pepper", toPath: copies.path("\(number)/pepper"))
    }
    try await load.value
    for number in 0..<3 {
      let files = try FileManager.default.contentsOfDirectory(atPath: copies.path("\(number)"))
      #expect(!files.contains { $0.hasSuffix(".new") })
      let copy = try Store(directory: copies.path("\(number)"))
      // The copy's leases are long over by the real clock.
      try await copy.reclaim()
      #expect(try await copy.check() == [])
      #expect(try await copy.account(node.key.account).name == "tests")
    }
    try await node.expectSound()
  }

  @Test func `a copy that cannot be written says where`() async throws {
    let site = try StoreSite(.sqlite)
    let store = try site.store()
    let error = await #expect(throws: AccountsError.self) {
      try await store.backUp(to: "/proc/iris/copy")
    }
    #expect(error?.message.contains("/proc/iris/copy") == true)
  }

  @Test func `a copy replaces no folder, link or pipe`() async throws {
    let site = try StoreSite(.sqlite)
    let store = try site.store()
    let folder = try TemporaryFolder()
    let (inner, link, pipe) = (folder.path("folder"), folder.path("link"), folder.path("pipe"))
    try FileManager.default.createDirectory(
      atPath: inner, withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "target")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    for path in [inner, link, pipe] {
      let error = await #expect(throws: AccountsError.self) { try await store.backUp(to: path) }
      #expect(error?.message == "\(path) is not a regular file; name another for the copy")
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(left.sorted() == ["folder", "link", "pipe"])
    var status = stat()
    #expect(unsafe lstat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
  }

  @Test(arguments: ["iris.sqlite", "iris.sqlite-wal", "iris.sqlite-shm", "pepper", "admin-token"])
  func `a copy does not replace a file of the store`(name: String) async throws {
    let site = try StoreSite(.sqlite)
    let store = try site.store()
    _ = try AdminToken(directory: site.directory)
    let path = site.directory + "/" + name
    let before = try Data(contentsOf: URL(filePath: path))
    for spelling in [path, site.directory + "/../data/./" + name] {
      let error = await #expect(throws: AccountsError.self) {
        try await store.backUp(to: spelling)
      }
      #expect(error?.code == .invalidValue && error?.message.contains(spelling) == true)
    }
    if name != "iris.sqlite-shm" {
      #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }
    try await store.backUp(to: site.directory + "/copy.sqlite")
    #expect(try await store.check() == [])
  }

  @Test(arguments: StoreKind.tested)
  func `sweeping removes what is over, and leaves ledger and limits alone`(kind: StoreKind)
    async throws
  {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    let first = try await node.reservation(.idempotencyKey("a"))
    #expect(try await node.store.settle(first, answer: StoredAnswer(of: first)))
    let open = try await node.reservation(.idempotencyKey("b"))
    try await node.store.sweep()
    #expect(try site.bodyCount() == 1)
    #expect(try await node.admit(.idempotencyKey("a")).replay != nil)
    try site.advance(seconds: 36 * 86_400)
    try site.ageBodies()
    try await node.store.sweep()
    #expect(try site.run("SELECT id FROM request") == [SQLRow([.text(open.id)])])
    #expect(try site.bodyCount() == 0)
    #expect(try await node.charges().count == 1)
    try await node.store.reclaim()
    try await node.expectSound()
  }

  @Test(
    arguments: [
      "UPDATE account SET credit_micro = credit_micro + 1 WHERE name = 'tests'",
      "UPDATE ledger SET amount_micro = amount_micro + 1 WHERE kind = 'charge'",
      "DELETE FROM ledger WHERE kind = 'charge'", "DELETE FROM request WHERE state = 'settled'",
      "UPDATE request SET state = 'refunded' WHERE state = 'settled'",
      "UPDATE key_month SET spent_micro = spent_micro + 1", "UPDATE key_month SET images = 7",
      "UPDATE key_day SET images = 7", "UPDATE account SET reserved_micro = 1 WHERE name = 'tests'",
      "UPDATE key_month SET reserved_micro = 1", "UPDATE request SET charged_images = 3",
      "UPDATE request SET state = 'refunded' WHERE state = 'reserved'",
    ], StoreKind.tested)
  func `the checker finds whatever does not agree`(
    damage: String, kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    #expect(try await node.store.settle(try await node.reservation()))
    _ = try await node.reservation()
    try await node.expectSound()
    try site.damage(damage)
    #expect(try await node.store.check() != [])
  }
}
