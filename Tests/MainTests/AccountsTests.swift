import Foundation
import Testing

@Suite struct AccountsTests {
  private let program: IrisProgram

  init() throws { program = try IrisProgram() }

  /// Runs a command that must succeed, and reads its JSON.
  private func json<Document>(
    _ arguments: String..., as type: Document.Type = [String: Any].self
  ) throws -> Document {
    let outcome = try program.run(arguments + ["--json", "--data", "d"])
    try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
    let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return try #require(document as? Document)
  }

  @Test func `credit moves exactly, and every movement is in the ledger`() throws {
    let account = try json("accounts", "create", "--name", "acme", "--credit", "12.345678")
    let id = try #require(account["id"] as? String)
    #expect(account["credit"] as? String == "12.345678" && account["state"] as? String == "active")
    _ = try json("accounts", "credit", id, "0.1", "--note", "invoice 7")
    let less = try json("accounts", "credit", id, "-0.445678", "--note", "correction, \"late\"")
    #expect(less["credit"] as? String == "12.00")
    let entries = try json("ledger", "--account", id, as: [[String: Any]].self)
    #expect(entries.map { $0["amount"] as? String } == ["12.345678", "0.10", "-0.445678"])
    #expect(entries.last?["note"] as? String == "correction, \"late\"")
    #expect(try json("ledger", "--since", "2126-01-01", as: [Any].self).isEmpty)
    let text = try program.run("ledger", "--account", id, "--data", "d").output
    #expect(text.split(separator: "\n").count == 4 && text.contains("invoice 7"))
    let sound = try json("store", "check")
    #expect(sound["sound"] as? Bool == true)
  }

  @Test func `more cannot be taken back than there is`() throws {
    let outcome = try program.run(
      "accounts", "credit", "acct_default", "-6", "--note", "x", "--data", "d")
    #expect(outcome.status == 1 && outcome.errors.contains("it has 5.00"))
  }

  @Test func `an account is suspended and resumed, and the list says so`() throws {
    #expect(try json("accounts", "suspend", "acct_default")["state"] as? String == "suspended")
    let list = try program.run("accounts", "list", "--data", "d").output
    let lines = list.split(separator: "\n").map { String($0) }
    #expect(lines.count == 2 && lines[0].hasPrefix("ID            STATE"))
    #expect(lines[1].hasPrefix("acct_default  suspended    5.00      0.00  "))
    #expect(try json("accounts", "resume", "acct_default")["state"] as? String == "active")
    #expect(try json("accounts", "show", "acct_default")["name"] as? String == "default")
  }

  @Test(arguments: [
    (["accounts", "create"], 2, "--name"), (["accounts", "credit", "acct_a"], 2, "an ID AMOUNT"),
    (["accounts", "credit", "acct_a", "five", "--note", "x"], 2, "AMOUNT is `five`"),
    (["accounts", "credit", "acct_a", "5"], 2, "--note TEXT"),
    (["accounts", "credit", "acct_a", "5", "6", "--note", "x"], 2, "one argument too many"),
    (["accounts", "create", "--name", "a", "--credit", "-1"], 2, "--credit is `-1`"),
    (["accounts", "show", "acct_a"], 1, "there is no account acct_a"),
    (["accounts", "shwo", "acct_a"], 2, "did you mean `accounts show`"),
    (["usage", "--account", "acct_a"], 1, "there is no account acct_a"),
    (["usage", "--key", "key_a"], 1, "there is no key key_a"),
    (["usage", "--month", "2026-13"], 2, "a month such as"),
    (["usage", "--csv", "--json"], 2, "exclude each other"),
    (["ledger", "--since", "yesterday"], 2, "a date such as"),
    (["keys", "list", "--account", "acct_a"], 1, "there is no account acct_a"),
    (["keys", "create", "--name", "a", "--account", "acct_a"], 1, "there is no account acct_a"),
  ])
  func `a mistake is named`(arguments: [String], status: Int32, part: String) throws {
    let outcome = try program.run(arguments + ["--data", "d"])
    #expect(outcome.status == status && outcome.errors.contains(part), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
  }

  @Test func `an empty list is one`() throws {
    #expect(try program.run("usage", "--json", "--data", "d").output == "[]\n")
    #expect(
      try program.run("usage", "--csv", "--data", "d").output
        == "period,account,key,name,mode,requests,images,spent\r\n")
  }

  @Test func `a copy of the store is whole, and of its owner alone`() throws {
    let absent = try program.run("store", "check", "--data", "d")
    #expect(absent.status == 1 && absent.errors.contains("there is no store in d"))
    _ = try json("accounts", "create", "--name", "acme")
    let copy = program.directory.appending(path: "copy.sqlite")
    let outcome = try program.run("store", "backup", copy.path, "--data", "d")
    #expect(outcome.status == 0 && outcome.output.contains("d/pepper"))
    let attributes = try FileManager.default.attributesOfItem(atPath: copy.path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let restored = program.directory.appending(path: "r")
    try FileManager.default.createDirectory(
      at: restored, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    try FileManager.default.moveItem(at: copy, to: restored.appending(path: "iris.sqlite"))
    try FileManager.default.copyItem(
      at: program.directory.appending(path: "d/pepper"), to: restored.appending(path: "pepper"))
    let list = try program.run("accounts", "list", "--data", "r").output
    #expect(list.contains("acme"))
    #expect(try json("store", "migrate")["layout"] as? Int == 4)
  }
}
