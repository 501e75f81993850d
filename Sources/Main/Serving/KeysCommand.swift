import Accounts
import Foundation

/// `iris keys create`, `list` and `revoke`.
struct KeysCommand {
  private let invocation: Invocation
  private let directory: String

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    let environment = ProcessInfo.processInfo.environment
    directory =
      try Settings(
        invocation, environment: environment,
        defaults: [.data: SettingDefaults.dataDirectory(environment)]
      ).text(.data)
  }

  func run() throws {
    let keys = try KeyStore(directory: directory)
    switch invocation.command {
    case .keysCreate: try create(in: keys)
    case .keysRevoke: try revoke(in: keys)
    default: try list(keys)
    }
  }

  /// The token is the result; what else there is to say must not get into a pipe.
  private func create(in keys: KeyStore) throws {
    let name = invocation.value(.name) ?? ""
    guard name.unicodeScalars.count <= 100 else {
      throw UsageError("--name has more than the 100 characters allowed")
    }
    let mode = invocation.has(.test) ? Token.Mode.test : .live
    try Self.create(in: keys, name: name, mode: mode) { id in
      "created \(id); its token is not shown again"
    }
  }

  /// Makes a key and prints its token; one whose token nobody got is revoked.
  static func create(
    in keys: KeyStore, name: String, mode: Token.Mode, notice: (String) -> String
  ) throws {
    let (key, token) = try keys.create(name: name, mode: mode)
    Console.report(notice(key.id))
    do {
      try Console.print(token.text)
    } catch {
      try keys.revoke(id: key.id)
      throw error
    }
  }

  private func revoke(in keys: KeyStore) throws {
    let id = invocation.operand ?? ""
    try keys.revoke(id: id)
    Console.report("revoked \(id)")
  }

  private func list(_ keys: KeyStore) throws {
    let rows = try keys.list().map(KeyReport.init)
    if invocation.has(.json) {
      try Console.print(JSONOutput.text(rows))
    } else {
      for line in KeyReport.table(rows) { try Console.print(line) }
    }
  }
}
