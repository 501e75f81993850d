import Accounts
import Foundation
import Testing

@Suite struct KeysTests {
  private let program: IrisProgram

  init() throws { program = try IrisProgram() }

  /// Runs a command that must succeed and print one JSON object.
  private func object(_ arguments: String...) throws -> [String: Any] {
    let outcome = try program.run(arguments + ["--json", "--data", "d"])
    try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
    let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return try #require(document as? [String: Any])
  }

  @Test func `a token is printed alone and once; the list shows its key, revoked or not`() throws {
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

  @Test func `a key has the limits it was given, and a change leaves the others`() throws {
    let account = try object("accounts", "create", "--name", "acme")
    let owner = try #require(account["id"] as? String)
    let key = try object(
      "keys", "create", "--name", "shop", "--account", owner,
      "--rpm", "7", "--monthly-cap", "12.5", "--expires", "2126-12-31T18:00:00Z")
    let id = try #require(key["id"] as? String)
    #expect((key["token"] as? String)?.hasPrefix("esk_live_") == true)
    #expect(key["account"] as? String == account["id"] as? String)
    #expect(key["expires"] as? String == "2126-12-31T18:00:00Z")
    let limits = try #require(key["limits"] as? [String: Any])
    #expect(limits["rpm"] as? Int == 7 && limits["rpd"] as? Int == 10_000)
    #expect(limits["concurrent"] as? Int == 10 && limits["monthly_cap"] as? String == "12.50")
    let changed = try object("keys", "update", id, "--concurrent", "2", "--expires", "never")
    #expect(changed["expires"] == nil && changed["token"] == nil)
    let after = try #require(changed["limits"] as? [String: Any])
    #expect(after["rpm"] as? Int == 7 && after["concurrent"] as? Int == 2)
    let text = try program.run("keys", "show", id, "--data", "d").output
    #expect(
      text.contains("requests a minute    7\n") && text.contains("monthly cap          12.50"))
  }

  @Test func `a rotated key has another token and keeps its id`() throws {
    let key = try object("keys", "create", "--name", "shop")
    let id = try #require(key["id"] as? String)
    let rotated = try object("keys", "rotate", id, "--overlap", "15m")
    #expect(rotated["id"] as? String == id)
    #expect(rotated["token"] as? String != key["token"] as? String)
    #expect(try object("keys", "show", id)["previous_token_until"] != nil)
    let store = try KeyStore(directory: program.directory.appending(path: "d").path)
    for document in [key, rotated] {
      let text = try #require(document["token"] as? String)
      let token = try #require(Token(text))
      #expect(try store.authenticate(token).id == id)
    }
    _ = try object("keys", "rotate", id, "--overlap", "0")
    let text = try #require(rotated["token"] as? String)
    let token = try #require(Token(text))
    #expect(throws: AccountsError.self) { try store.authenticate(token) }
  }

  @Test func `a name cannot write to the terminal`() throws {
    let refused = try program.run(
      "keys", "create", "--name", "a\u{1B}[2J\nb", "--data", "d")
    #expect(refused.status == 1 && refused.errors.contains("control character"))
    #expect(refused.output.isEmpty && !refused.errors.contains("\u{1B}"))
    let backend = try StoreBackend.sqlite(directory: program.directory.appending(path: "d").path)
    let (key, _) = try KeyStore(backend).create(name: "a", mode: .live)
    // Earlier versions took any name.
    _ = try backend.connection().use { (database) throws(AccountsError) in
      try database.run("UPDATE api_key SET name = $1", [.text("a\u{1B}[2J\nb")])
    }
    let list = try program.run("keys", "list", "--data", "d").output
    #expect(!list.contains("\u{1B}") && list.split(separator: "\n").count == 2)
    let changed = try program.run("keys", "update", key.id, "--rpm", "3", "--data", "d")
    #expect(changed.status == 0 && !changed.output.contains("\u{1B}"))
  }

  @Test(arguments: [
    (["create"], "--name"), (["create", "--name", "a", "--rpm", "-1"], "from 0 to 1000000"),
    (["create", "--name", "a", "--rpm", "1000001"], "from 0 to 1000000"),
    (["create", "--name", "a", "--monthly-cap", "1e3"], "an amount such as 5.00"),
    (["create", "--name", "a", "--monthly-cap", "0.0000001"], "six decimals"),
    (["create", "--name", "a", "--expires", "2026-02-30"], "a date such as"),
    (["update", "key_a"], "nothing is to change"),
    (["update", "key_a", "--expires", "soon"], "or never"),
    (["rotate", "key_a", "--overlap", "1w"], "15m"),
    (["rotate", "key_a", "--overlap", "31d"], "up to 30d"), (["show"], "needs an ID"),
  ])
  func `a value that is not allowed is named`(arguments: [String], part: String) throws {
    let outcome = try program.run(["keys"] + arguments + ["--data", "d"])
    #expect(outcome.status == 2 && outcome.errors.contains(part), "\(outcome.errors)")
  }
}
