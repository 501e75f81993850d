import Accounts
import Foundation
import TestSupport
import Testing

@Suite struct KeyStoreTests {
  /// The directory of a store, which the store makes, and which is removed with the test.
  struct Directory {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    var path: String { folder.path("data") }
  }

  let directory: Directory

  init() throws { directory = try Directory() }

  @Test func `a created key authenticates, also after the store is opened again`() throws {
    let created = try KeyStore(directory: directory.path).create(name: "ci", mode: .test)
    let found = try KeyStore(directory: directory.path).authenticate(created.token)
    #expect(found == created.key)
    #expect(found.mode == .test && found.name == "ci" && found.revoked == nil)
  }

  @Test func `a key revoked through another connection is refused at once`() async throws {
    let server = try KeyStore(directory: directory.path)
    let (key, token) = try server.create(name: "a", mode: .live)
    _ = try server.authenticate(token)
    try KeyStore(directory: directory.path).revoke(id: key.id)
    let error = #expect(throws: AccountsError.self) { try server.authenticate(token) }
    #expect(error?.code == .unauthenticated)
    let listed = try await Store(directory: directory.path).keys()
    #expect(listed.map { $0.key.revoked != nil } == [true])
  }

  @Test func `a token of another deployment is unknown`() throws {
    let other = try Directory()
    let token = try KeyStore(directory: other.path).create(name: "b", mode: .live).token
    let store = try KeyStore(directory: directory.path)
    #expect(throws: AccountsError.self) { try store.authenticate(token) }
  }

  @Test func `neither token nor its plain hash lies in any file`() throws {
    let token = try KeyStore(directory: directory.path).create(name: "c", mode: .live).token
    let secret = Data(token.text.utf8.suffix(49))
    for file in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
      let url = URL(fileURLWithPath: directory.path + "/" + file)
      #expect(try Data(contentsOf: url).range(of: secret) == nil, "\(file)")
    }
    let pepper = try FileManager.default.attributesOfItem(atPath: directory.path + "/pepper")
    #expect(pepper[.posixPermissions] as? Int == 0o600)
  }

  @Test func `revoking an unknown key names it`() throws {
    let store = try KeyStore(directory: directory.path)
    let error = #expect(throws: AccountsError.self) { try store.revoke(id: "key_nothing") }
    #expect(error?.code == .unknownKey)
    #expect(error?.message.contains("key_nothing") == true)
  }

  @Test
  func `the first key has its line in the audit log, and so have others that a service makes`()
    async throws
  {
    let keys = try KeyStore(directory: directory.path)
    #expect(try !keys.hasKeys)
    let first = try #require(try keys.createFirst(name: "first")).key
    let second = try keys.create(name: "second", mode: .test).key
    try keys.revoke(id: second.id)
    #expect(try keys.hasKeys)
    let entries = try await Store(directory: directory.path).audit(PageQuery())
    #expect(
      entries.map { [$0.actor, $0.action, $0.subject] } == [
        ["service", "key.create", first.id], ["service", "key.create", second.id],
        ["service", "key.revoke", second.id],
      ])
  }

  @Test func `a damaged pepper is an error, never a new pepper`() throws {
    _ = try KeyStore(directory: directory.path)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: directory.path + "/pepper"))
    let error = #expect(throws: AccountsError.self) { try KeyStore(directory: directory.path) }
    #expect(error?.message.contains("3 bytes instead of 32") == true)
  }

  @Test func `a store that cannot be written says where`() {
    let error = #expect(throws: AccountsError.self) { try KeyStore(directory: "/proc/iris") }
    #expect(error?.message.contains("/proc/iris") == true)
  }
}
