public import FoundationEssentials
import Synchronization

/// The API keys of one deployment, stored in `iris.sqlite` of the data directory.
///
/// Tokens are stored as HMAC-SHA256 under a random pepper in a file beside the database; both are
/// readable only by their owner. Every look-up queries the database, so that a key revoked by
/// another process is rejected at once, and first checks that the files are still those that were
/// opened.
public final class KeyStore: KeyAuthenticating {
  /// The file that receives the token of the first key.
  private static let firstKeyFile = "first-key"
  private static let columns = "id, name, mode, prefix, created, revoked"

  private let directory: DataDirectory
  private let connection: Mutex<SQLiteConnection>
  private let pepper: Pepper
  private let files: StoreFiles

  /// Opens the store, creating directory, pepper and tables as needed.
  /// - Throws: `storeUnavailable`, `newerSchema`.
  public init(directory path: String) throws(AccountsError) {
    let directory = try DataDirectory(path)
    // The lock ensures that only one process creates the store.
    try directory.lock()
    defer { directory.unlock() }
    try StoreFiles.prepare(in: directory)
    let opened = try SQLiteConnection.open(file: try directory.realPath(of: StoreFiles.database))
    try Schema.migrate(opened)
    pepper = try Pepper.open(for: opened, in: directory)
    files = try StoreFiles(in: directory)
    connection = Mutex(opened)
    self.directory = directory
  }

  /// Creates a key.
  /// - Returns: The stored metadata, and the token, which is shown once.
  public func create(
    name: String, mode: Token.Mode, at now: Date = Date()
  ) throws(AccountsError) -> (key: APIKey, token: Token) {
    let new = NewKey(name: name, mode: mode, at: now)
    try read { (connection) throws(AccountsError) in
      try insert(new, connection)
    }
    return (new.key, new.token)
  }

  /// Creates the first key of an empty store and writes its token to a file readable only by its
  /// owner.
  /// - Returns: The stored metadata and the file's path; an existing file of an earlier first key
  ///   is replaced. Nil if the store already has keys.
  public func createFirst(
    name: String, at now: Date = Date()
  ) throws(AccountsError) -> (key: APIKey, file: String)? {
    let new = NewKey(name: name, mode: .live, at: now)
    try directory.lock()
    defer { directory.unlock() }
    let isCreated = try read { (connection) throws(AccountsError) in
      try connection.transaction { () throws(AccountsError) in
        guard try !Schema.hasKeys(connection) else { return false }
        try insert(new, connection)
        // Write the token before the commit: a token without its key is harmless, but a key without
        // its token would prevent another first key from being created.
        try directory.write(Array("\(new.token.text)\n".utf8), to: Self.firstKeyFile)
        return true
      }
    }
    return isCreated ? (new.key, directory.path(of: Self.firstKeyFile)) : nil
  }

  /// Returns all keys, oldest first, including revoked ones.
  public func list() throws(AccountsError) -> [APIKey] {
    try read { (connection) throws(AccountsError) in
      let statement = try connection.prepare(
        "SELECT \(Self.columns) FROM api_key ORDER BY created, rowid")
      var keys: [APIKey] = []
      while try statement.step() { keys.append(APIKey(statement)) }
      return keys
    }
  }

  /// Revokes a key permanently; has no effect on a revoked key.
  /// - Throws: `unknownKey`.
  public func revoke(id: String, at now: Date = Date()) throws(AccountsError) {
    try read { (connection) throws(AccountsError) in
      try connection.run(
        "UPDATE api_key SET revoked = coalesce(revoked, ?) WHERE id = ?",
        [.integer(Int64(now.timeIntervalSince1970)), .text(id)])
      guard connection.changedRowCount == 1 else {
        throw AccountsError(.unknownKey, "there is no key \(id); `iris keys list` shows them")
      }
    }
  }

  /// Returns the valid key that a token belongs to.
  /// - Throws: `unauthenticated` for an unknown or revoked token, `storeUnavailable`.
  public func authenticate(_ token: Token) throws(AccountsError) -> APIKey {
    let found = try read { (connection) throws(AccountsError) -> APIKey? in
      // The duration of the look-up may reveal how many leading bytes of a stored hash match.
      // Without the pepper an attacker cannot choose hashes, so this reveals nothing about a token.
      let statement = try connection.prepare(
        "SELECT \(Self.columns) FROM api_key WHERE hash = ?", [.blob(pepper.hash(token))])
      return try statement.step() ? APIKey(statement) : nil
    }
    guard let found, found.revoked == nil else {
      throw AccountsError(.unauthenticated, "the API key is unknown or was revoked")
    }
    return found
  }

  /// Throws if keys cannot be checked: the files were deleted or replaced, or cannot be read.
  public func checkAvailability() throws(AccountsError) {
    _ = try read { (connection) throws(AccountsError) in try Schema.hasKeys(connection) }
  }

  /// Queries the database after checking that its files are still those that were opened.
  private func read<Result: Sendable>(
    _ body: @Sendable (borrowing SQLiteConnection) throws(AccountsError) -> Result
  ) throws(AccountsError) -> Result {
    try files.check()
    return try connection.withLock { (connection) throws(AccountsError) in
      try body(connection)
    }
  }

  private func insert(
    _ new: NewKey, _ connection: borrowing SQLiteConnection
  ) throws(AccountsError) {
    try connection.run(
      "INSERT INTO api_key (id, name, mode, prefix, hash, created) VALUES (?, ?, ?, ?, ?, ?)",
      [
        .text(new.key.id), .text(new.key.name), .text(new.key.mode.rawValue),
        .text(new.key.prefix), .blob(pepper.hash(new.token)),
        .integer(Int64(new.key.created.timeIntervalSince1970)),
      ])
  }
}

/// A key that is not stored yet, with its token.
private struct NewKey {
  let key: APIKey
  let token: Token

  init(name: String, mode: Token.Mode, at now: Date) {
    var generator = SystemRandomNumberGenerator()
    token = Token(mode: mode, using: &generator)
    key = APIKey(
      id: "key_" + String(UInt64.random(in: .min ... .max, using: &generator), radix: 36),
      name: name, mode: mode, prefix: token.prefix,
      created: Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down)), revoked: nil)
  }
}

extension APIKey {
  /// Reads the columns `id, name, mode, prefix, created, revoked` of the current row.
  fileprivate init(_ statement: borrowing SQLiteStatement) {
    id = statement.text(0)
    name = statement.text(1)
    mode = Token.Mode(rawValue: statement.text(2)) ?? .live
    prefix = statement.text(3)
    created = Date(timeIntervalSince1970: Double(statement.integer(4) ?? 0))
    revoked = statement.integer(5).map { Date(timeIntervalSince1970: Double($0)) }
  }
}
