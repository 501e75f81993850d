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
    let (key, token) = try keys.create(name: name, mode: mode)
    Console.report("created \(key.id); its token is not shown again")
    Console.print(token.text)
  }

  private func revoke(in keys: KeyStore) throws {
    let id = invocation.operand ?? ""
    try keys.revoke(id: id)
    Console.report("revoked \(id)")
  }

  private func list(_ keys: KeyStore) throws {
    let rows = try keys.list().map(KeyReport.init)
    if invocation.has(.json) {
      Console.print(try JSONOutput.text(rows))
    } else {
      for line in KeyReport.table(rows) { Console.print(line) }
    }
  }
}
