import Accounts
import Foundation
import TestSupport
import Testing

/// Tests of the permissions of a store's files: those refused, and those repaired.
@Suite struct StoreProtectionTests {
  private let directory: KeyStoreTests.Directory
  private var path: String { directory.path }

  init() throws { directory = try KeyStoreTests.Directory() }

  private func failure(_ path: String? = nil) -> AccountsError? {
    do throws(AccountsError) { _ = try KeyStore(directory: path ?? self.path) } catch {
      return error
    }
    return nil
  }

  private func mode(of file: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path + "/" + file)[.posixPermissions] as? Int
  }

  private func setMode(_ mode: Int, of file: String = "") throws {
    try FileManager.default.setAttributes(
      [.posixPermissions: mode], ofItemAtPath: path + "/" + file)
  }

  private func give(_ path: String, to user: uid_t) throws {
    let status = unsafe lchown(path, user, user)
    try #require(status == 0)
  }

  @Test(arguments: [0o000, 0o022, 0o077])
  func `every file is its owner's alone, whatever the umask`(mask: Int) async throws {
    await #expect(
      processExitsWith: .success, "umask \(mask)"
    ) { [mask, path = directory.path as String] in
      umask(mode_t(mask))
      let store = try KeyStore(directory: path)
      _ = try store.create(name: "a", mode: .live)
      let files = try FileManager.default.contentsOfDirectory(atPath: path)
      try #require(
        files.sorted() == ["iris.sqlite", "iris.sqlite-shm", "iris.sqlite-wal", "pepper"])
      for file in files + [""] {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + file)
        let expected = file.isEmpty ? 0o700 : 0o600
        try #require(attributes[.posixPermissions] as? Int == expected, "\(file)")
      }
    }
  }

  @Test func `a lost pepper is missed while there are keys, and made anew without any`() throws {
    _ = try KeyStore(directory: path)
    try FileManager.default.removeItem(atPath: path + "/pepper")
    let token = try KeyStore(directory: path).create(name: "a", mode: .live).token
    let pepper = try Data(contentsOf: URL(filePath: path + "/pepper"))
    try FileManager.default.removeItem(atPath: path + "/pepper")
    #expect(failure()?.code == .storeUnavailable)
    #expect(failure()?.message.contains("\(path)/pepper is missing") == true)
    #expect(!FileManager.default.fileExists(atPath: path + "/pepper"))
    try pepper.write(to: URL(filePath: path + "/pepper"))
    try setMode(0o600, of: "pepper")
    #expect(try KeyStore(directory: path).authenticate(token).name == "a")
  }

  @Test func `the pepper of another store is missed too`() throws {
    _ = try KeyStore(directory: path).create(name: "a", mode: .live)
    try Data(repeating: 7, count: 32).write(to: URL(filePath: path + "/pepper"))
    #expect(failure()?.message.contains("not the one under which the keys were stored") == true)
  }

  @Test(arguments: [0o640, 0o604, 0o644, 0o660])
  func `a pepper that others may read is refused with what to run`(mode: Int) throws {
    _ = try KeyStore(directory: path)
    try setMode(mode, of: "pepper")
    #expect(failure()?.message.contains("chmod 600 '\(path)/pepper'") == true)
    try setMode(0o400, of: "pepper")
    #expect(failure() == nil)
  }

  @Test func `a database that others may read is closed to them; one they may write is refused`()
    throws
  {
    _ = try KeyStore(directory: path)
    try setMode(0o644, of: "iris.sqlite")
    #expect(failure() == nil)
    #expect(try mode(of: "iris.sqlite") == 0o600)
    try setMode(0o666, of: "iris.sqlite")
    #expect(failure()?.message.contains("chmod 600 '\(path)/iris.sqlite'") == true)
  }

  @Test func `a directory that others may write to is refused, one they may read is not`() throws {
    _ = try KeyStore(directory: path)
    try setMode(0o755)
    #expect(failure() == nil)
    for mode in [0o777, 0o775, 0o1777] {
      try setMode(mode)
      #expect(failure()?.message.contains("chmod 700 '\(path)'") == true)
    }
    try setMode(0o700)
  }

  @Test(arguments: [
    "iris.sqlite", "iris.sqlite-wal", "iris.sqlite-shm", "iris.sqlite-journal", "pepper",
    "pepper.new", "first-key", "first-key.new",
  ])
  func `a planted link is followed by nothing, and its target is left alone`(name: String) throws {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let target = try KeyStoreTests.Directory()
    try FileManager.default.createDirectory(atPath: target.path, withIntermediateDirectories: true)
    let victim = URL(filePath: target.path + "/victim")
    for content in [Data("precious".utf8), nil] {
      try content?.write(to: victim)
      if content == nil { try FileManager.default.removeItem(at: victim) }
      try FileManager.default.createSymbolicLink(
        atPath: path + "/" + name, withDestinationPath: victim.path)
      let store = try? KeyStore(directory: path)
      _ = try store?.createFirst(name: "first")
      #expect((try? Data(contentsOf: victim)) == content)
      // A file written under a temporary name takes the link's place.
      let isReplaced = name.hasSuffix(".new") || name == "first-key"
      #expect((store != nil) == isReplaced)
      for file in try FileManager.default.contentsOfDirectory(atPath: path) {
        try FileManager.default.removeItem(atPath: path + "/" + file)
      }
    }
  }

  @Test func `a hard link in place of the database is refused`() throws {
    let other = try KeyStoreTests.Directory()
    _ = try KeyStore(directory: other.path)
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try FileManager.default.linkItem(
      atPath: other.path + "/iris.sqlite", toPath: path + "/iris.sqlite")
    #expect(failure()?.message.contains("hard link") == true)
  }

  @Test func `a link of one's own to the directory is followed, one to nothing is not`() throws {
    let token = try KeyStore(directory: path).create(name: "a", mode: .live).token
    let link = path + "-link"
    defer { try? FileManager.default.removeItem(atPath: link) }
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    #expect(try KeyStore(directory: link + "/").authenticate(token).name == "a")
    try FileManager.default.removeItem(atPath: link)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path + "-absent")
    #expect(failure(link) != nil)
    #expect(!FileManager.default.fileExists(atPath: path + "-absent"))
  }

  @Test(.enabled(if: geteuid() == 0, "NOT TESTED: only root can give files away"))
  func `what belongs to someone else is refused, and not written to`() throws {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try give(path, to: 12345)
    #expect(failure()?.message.contains("belongs to user 12345") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    let link = path + "-link"
    defer { try? FileManager.default.removeItem(atPath: link) }
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    try give(link, to: 12345)
    try give(path, to: 0)
    #expect(failure(link)?.message.contains("a link that user 12345 made") == true)
    _ = try KeyStore(directory: path)
    for file in ["iris.sqlite", "pepper"] {
      try give(path + "/" + file, to: 12345)
      #expect(failure()?.message.contains("\(file) belongs to user 12345") == true)
      try give(path + "/" + file, to: 0)
    }
  }

  @Test func `a first key is written once, to a file of its owner's`() async throws {
    let store = try KeyStore(directory: path)
    try Data("left over".utf8).write(to: URL(filePath: path + "/first-key"))
    let (key, file) = try #require(try store.createFirst(name: "first"))
    #expect(file == path + "/first-key")
    #expect(try mode(of: "first-key") == 0o600)
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let token = try #require(Token(text.trimmingCharacters(in: .newlines)))
    #expect(try store.authenticate(token) == key)
    #expect(try KeyStore(directory: path).createFirst(name: "second") == nil)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
    #expect(try await Store(directory: path).keys().count == 1)
  }

  @Test func `a first key whose file cannot be written is not made`() throws {
    let store = try KeyStore(directory: path)
    try FileManager.default.createDirectory(
      atPath: path + "/first-key/x", withIntermediateDirectories: true)
    #expect(throws: AccountsError.self) { try store.createFirst(name: "first") }
    #expect(try !store.hasKeys)
  }

  @Test func `a store of the first layout is read, its pepper remembered`() throws {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for (source, target) in [("layout-1.sqlite", "iris.sqlite"), ("layout-1.pepper", "pepper")] {
      try FileManager.default.copyItem(
        atPath: Fixture.path("accounts/\(source)"), toPath: path + "/" + target)
      try setMode(0o600, of: target)
    }
    let token = try #require(Token("esk_test_00000000000000000000000000000000000000000001Igtlp"))
    #expect(try KeyStore(directory: path).authenticate(token).id == "key_old")
    #expect(try KeyStore(directory: path).authenticate(token).id == "key_old")
    try Data(repeating: 7, count: 32).write(to: URL(filePath: path + "/pepper"))
    #expect(failure()?.message.contains("not the one") == true)
  }

  @Test func `a store that was deleted or replaced while it was open is not used`() throws {
    let store = try KeyStore(directory: path)
    let token = try store.create(name: "a", mode: .live).token
    for change in ["iris.sqlite", "iris.sqlite-wal", "pepper"] {
      let file = path + "/" + change
      try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
      #expect(throws: AccountsError.self) { try store.authenticate(token) }
      #expect(throws: AccountsError.self) { try store.create(name: "b", mode: .live) }
      #expect(throws: AccountsError.self) { try store.checkAvailability() }
      try Data().write(to: URL(filePath: file))
      #expect(throws: AccountsError.self) { try store.checkAvailability() }
      try FileManager.default.removeItem(atPath: file)
      try FileManager.default.moveItem(atPath: file + ".away", toPath: file)
      #expect(try store.authenticate(token).name == "a")
    }
  }

  @Test(arguments: ["iris.sqlite", "pepper"])
  func `a store that was emptied while it was open is not used`(name: String) throws {
    let store = try KeyStore(directory: path)
    _ = try store.create(name: "a", mode: .live)
    try FileHandle(forWritingTo: URL(filePath: path + "/" + name)).truncate(atOffset: 0)
    let error = #expect(throws: AccountsError.self) { try store.checkAvailability() }
    #expect(error?.message.contains("was emptied") == true)
  }
}
