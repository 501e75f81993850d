import Accounts
import Foundation
import JSON

/// `iris keys create`, `list` and `revoke`.
struct KeysCommand {
  private let invocation: Invocation
  private let directory: String
  private let store: PostgreSQLAddress?

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    let environment = ProcessInfo.processInfo.environment
    let settings = try Settings(
      invocation, environment: environment,
      defaults: [.data: SettingDefaults.dataDirectory(environment)])
    directory = try settings.text(.data)
    store = try settings.store()
  }

  func run() throws {
    let keys = KeyStore(try .deployment(at: store, directory: directory))
    switch invocation.command {
    case .keysCreate: try create(in: keys)
    case .keysRevoke: try revoke(in: keys)
    default: try list(keys)
    }
  }

  /// Prints the token alone to standard output, so that it can be piped; the id goes to standard error.
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

  /// Makes a key and prints its token; revokes the key if the token cannot be printed.
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
      try Console.print(JSONValue.array(rows.map(\.json)).text(.sorted))
    } else {
      for line in KeyReport.table(rows) { try Console.print(line) }
    }
  }
}

/// A key in the output of `iris keys list`.
struct KeyReport {
  let id: String
  let name: String
  let mode: String
  /// The token's first characters.
  let prefix: String
  let created: String
  let revoked: String?

  init(_ key: APIKey) {
    id = key.id
    name = key.name
    mode = key.mode.rawValue
    prefix = key.prefix
    created = key.created.ISO8601Format()
    revoked = key.revoked?.ISO8601Format()
  }

  /// The key as `--json` prints it.
  var json: JSONValue {
    .object(present: [
      ("id", .string(id)), ("name", .string(name)), ("mode", .string(mode)),
      ("prefix", .string(prefix)), ("created", .string(created)),
      ("revoked", revoked.map { .string($0) }),
    ])
  }

  /// A table with headings, one line per key.
  static func table(_ reports: [KeyReport]) -> [String] {
    let heading = ["ID", "TOKEN", "CREATED", "STATE", "NAME"]
    let rows =
      [heading]
      + reports.map {
        [
          $0.id, $0.prefix + "…", $0.created, $0.revoked == nil ? "valid" : "revoked",
          TextFormat.singleLine($0.name),
        ]
      }
    let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row.dropLast(), widths).map {
        $0 + String(repeating: " ", count: max(0, $1 - $0.count))
      }
      return (cells + row.suffix(1)).joined(separator: "  ")
    }
  }
}
