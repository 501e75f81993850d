import Foundation
import Testing

@Suite struct KeysTests {
  @Test func `a token is printed alone and once; the list shows its key, revoked or not`() throws {
    let program = try IrisProgram()
    let created = try program.run("keys", "create", "--name", "my app", "--test", "--data", "d")
    #expect(created.status == 0)
    let token = created.output.trimmingCharacters(in: .newlines)
    #expect(token.hasPrefix("esk_test_") && !token.contains("\n"))
    #expect(!created.errors.contains(token))
    let id = try #require(created.errors.split { " ;".contains($0) }.first { $0.hasPrefix("key_") })
    let list = try program.run("keys", "list", "--data", "d").output
    #expect(list.contains(id) && list.contains("my app") && list.contains("valid"))
    #expect(!list.contains(token))
    #expect(try program.run("keys", "revoke", String(id), "--data", "d").status == 0)
    #expect(try program.run("keys", "list", "--data", "d").output.contains("revoked"))
    let absent = try program.run("keys", "revoke", "key_absent", "--data", "d")
    #expect(absent.status == 1 && absent.errors.contains("there is no key key_absent"))
  }

  @Test func `a name cannot write to the terminal`() throws {
    let program = try IrisProgram()
    _ = try program.run("keys", "create", "--name", "a\u{1B}[2J\nb", "--data", "d")
    let list = try program.run("keys", "list", "--data", "d").output
    #expect(!list.contains("\u{1B}") && list.split(separator: "\n").count == 2)
  }
}
