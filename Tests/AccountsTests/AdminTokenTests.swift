import Accounts
import Foundation
import TestSupport
import Testing

@Suite struct AdminTokenTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var file: URL { URL(filePath: folder.path("data/admin-token")) }

  @Test func `a token is made once, for its owner alone, and opens nothing else`() throws {
    let made = try AdminToken(directory: folder.path("data"))
    let text = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
    #expect(text.hasPrefix("iris_admin_") && text.utf8.count == 75)
    let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    #expect(made.matches(Array(text.utf8)))
    #expect(try AdminToken(directory: folder.path("data")).matches(Array(text.utf8)))
    for other in ["", String(text.dropLast()), text + "0", text.uppercased()] {
      #expect(!made.matches(Array(other.utf8)))
    }
  }

  @Test func `a token that others may read, or that is none, is an error`() throws {
    _ = try AdminToken(directory: folder.path("data"))
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
    let open = #expect(throws: AccountsError.self) {
      try AdminToken(directory: folder.path("data"))
    }
    #expect(open?.message.contains("may be read by others") == true)
    try Data("short\n".utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    let short = #expect(throws: AccountsError.self) {
      try AdminToken(directory: folder.path("data"))
    }
    #expect(short?.message.contains("32 to 512") == true)
    #expect(try Data(contentsOf: file) == Data("short\n".utf8))
  }

  @Test func `a chosen token is long, and has no blanks`() {
    let text = String(repeating: "x", count: 32)
    #expect(AdminToken(Array("\(text)\n".utf8))?.matches(Array(text.utf8)) == true)
    #expect(AdminToken(Array(text.dropLast().utf8)) == nil)
    #expect(AdminToken(Array("\(text) y".utf8)) == nil)
    #expect(AdminToken([UInt8](repeating: 0x78, count: 513)) == nil)
  }
}
