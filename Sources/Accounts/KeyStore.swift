public import FoundationEssentials
internal import Hashing
internal import Synchronization

/// The API keys of one deployment, in `iris.sqlite` of the data directory.
///
/// Tokens are stored as HMAC-SHA256 under a random pepper that lies beside the database with mode 0600.
/// Every look-up reads the database, so a key revoked by another process is refused at once.
public final class KeyStore: Sendable {
  /// Layout of the tables this version writes; a higher number in the file is refused.
  private static let schemaVersion: Int64 = 1
  private static let columns = "id, name, mode, prefix, created, revoked"

  private let connection: Mutex<Connection>
  private let pepper: [UInt8]

  /// Opens the store, creating directory, pepper and tables as needed.
  /// - Throws: `storeUnavailable`, `newerSchema`.
  public init(directory: String) throws(AccountsError) {
    pepper = try Pepper.load(directory: directory)
    connection = Mutex(try Connection.open(file: directory + "/iris.sqlite"))
    try connection.withLock { (connection) throws(AccountsError) in
      try Self.migrate(connection)
    }
  }

  /// Creates a key.
  /// - Returns: What is stored, and the token that is shown once.
  public func create(
    name: String, mode: Token.Mode, at now: Date = Date()
  ) throws(AccountsError) -> (key: APIKey, token: Token) {
    var generator = SystemRandomNumberGenerator()
    let token = Token(mode: mode, using: &generator)
    let id = "key_" + String(UInt64.random(in: .min ... .max, using: &generator), radix: 36)
    let created = now.timeIntervalSince1970.rounded(.down)
    try connection.withLock { (connection) throws(AccountsError) in
      try connection.run(
        "INSERT INTO api_key (id, name, mode, prefix, hash, created) VALUES (?, ?, ?, ?, ?, ?)",
        [
          .text(id), .text(name), .text(mode.rawValue), .text(token.prefix), .blob(hash(token)),
          .integer(Int64(created)),
        ])
    }
    let key = APIKey(
      id: id, name: name, mode: mode, prefix: token.prefix,
      created: Date(timeIntervalSince1970: created), revoked: nil)
    return (key, token)
  }

  /// All keys, oldest first, revoked ones included.
  public func list() throws(AccountsError) -> [APIKey] {
    try connection.withLock { (connection) throws(AccountsError) in
      let statement = try connection.prepare(
        "SELECT \(Self.columns) FROM api_key ORDER BY created, rowid")
      var keys: [APIKey] = []
      while try statement.step() { keys.append(APIKey(statement)) }
      return keys
    }
  }

  /// Revokes a key for good; revoking it again changes nothing.
  /// - Throws: `unknownKey`.
  public func revoke(id: String, at now: Date = Date()) throws(AccountsError) {
    try connection.withLock { (connection) throws(AccountsError) in
      try connection.run(
        "UPDATE api_key SET revoked = coalesce(revoked, ?) WHERE id = ?",
        [.integer(Int64(now.timeIntervalSince1970)), .text(id)])
      guard connection.changedRowCount == 1 else {
        throw AccountsError(.unknownKey, "there is no key \(id); `iris keys list` shows them")
      }
    }
  }

  /// Finds the valid key that a token belongs to.
  /// - Throws: `unauthenticated` for an unknown or revoked token, `storeUnavailable`.
  public func authenticate(_ token: Token) throws(AccountsError) -> APIKey {
    let expected = hash(token)
    let found = try connection.withLock { (connection) throws(AccountsError) -> APIKey? in
      let statement = try connection.prepare(
        "SELECT \(Self.columns), hash FROM api_key WHERE hash = ?", [.blob(expected)])
      guard try statement.step(), constantTimeEqual(statement.blob(6), expected)
      else { return nil }
      return APIKey(statement)
    }
    guard let found, found.revoked == nil else {
      throw AccountsError(.unauthenticated, "the API key is unknown or was revoked")
    }
    return found
  }

  private func hash(_ token: Token) -> [UInt8] { HMAC.sha256(Array(token.text.utf8), key: pepper) }

  private static func migrate(_ connection: borrowing Connection) throws(AccountsError) {
    let statement = try connection.prepare("PRAGMA user_version")
    let version = try statement.step() ? statement.integer(0) ?? 0 : 0
    guard version <= schemaVersion else {
      throw AccountsError(
        .newerSchema,
        "the key store has layout \(version), this version of Iris knows \(schemaVersion)")
    }
    guard version < schemaVersion else { return }
    try connection.run("BEGIN IMMEDIATE")
    try connection.run(
      """
      CREATE TABLE IF NOT EXISTS api_key (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, mode TEXT NOT NULL, prefix TEXT NOT NULL,
        hash BLOB NOT NULL UNIQUE, created INTEGER NOT NULL, revoked INTEGER) STRICT
      """)
    try connection.run("PRAGMA user_version = \(schemaVersion)")
    try connection.run("COMMIT")
  }
}

extension APIKey {
  /// Reads the columns `id, name, mode, prefix, created, revoked` of the current row.
  fileprivate init(_ statement: borrowing Statement) {
    id = statement.text(0)
    name = statement.text(1)
    mode = Token.Mode(rawValue: statement.text(2)) ?? .live
    prefix = statement.text(3)
    created = Date(timeIntervalSince1970: Double(statement.integer(4) ?? 0))
    revoked = statement.integer(5).map { Date(timeIntervalSince1970: Double($0)) }
  }
}

/// Compares without telling by its duration where the first difference is.
private func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
}
