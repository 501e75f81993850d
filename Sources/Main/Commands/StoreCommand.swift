import Accounts
import JSON

/// `iris store backup`, `check` and `migrate`.
struct StoreCommand: Sendable {
  private let invocation: Invocation
  private let administered: AdministeredStore

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    administered = try AdministeredStore(invocation)
  }

  func run() throws {
    try Blocking.wait {
      switch invocation.command {
      case .storeBackup: try await backUp(to: invocation.operand ?? "")
      case .storeCheck: try await check()
      default: try await migrate()
      }
    }
  }

  private func backUp(to file: String) async throws {
    try await administered.store.backUp(to: file)
    try report(
      .object([("file", .string(file))]),
      "the store is in \(file); \(administered.directory)/pepper belongs to it, without which no "
        + "key is known, and is not in the copy")
  }

  private func check() async throws {
    let findings = try await administered.store.check()
    if invocation.has(.json) {
      try Console.print(Store.document(of: findings).text(.sorted))
    } else {
      for finding in findings { try Console.print(TextFormat.singleLine(finding)) }
    }
    guard findings.isEmpty else {
      throw CommandFailure(
        findings.count == 1
          ? "the store contradicts itself in 1 place"
          : "the store contradicts itself in \(findings.count) places")
    }
    if !invocation.has(.json) { try Console.print("the store is sound: no money was lost or made") }
  }

  /// A store is migrated when it is opened; this opens it and says where it is.
  private func migrate() async throws {
    let layout = try await administered.store.layout()
    try report(
      .object([("layout", .integer(layout))]), "the store has layout \(layout), this version's")
  }

  private func report(_ document: JSONValue, _ text: String) throws(CommandFailure) {
    try Console.print(
      invocation.has(.json) ? document.text(.sorted) : TextFormat.singleLine(text))
  }
}
