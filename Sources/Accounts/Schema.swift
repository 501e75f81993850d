/// The tables of the store, and the migrations from earlier versions.
enum Schema {
  /// Schema version that this program writes; files with a higher one are refused.
  private static let version: Int64 = 2

  /// The SQL statements that migrate each version to the next.
  private static let steps = [
    """
    CREATE TABLE api_key (
      id TEXT PRIMARY KEY, name TEXT NOT NULL, mode TEXT NOT NULL, prefix TEXT NOT NULL,
      hash BLOB NOT NULL UNIQUE, created INTEGER NOT NULL, revoked INTEGER) STRICT
    """,
    "CREATE TABLE property (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
  ]

  /// Migrates the tables to the current version.
  static func migrate(_ connection: borrowing SQLiteConnection) throws(AccountsError) {
    guard try layout(of: connection) < version else { return }
    try connection.transaction { () throws(AccountsError) in
      for step in steps.dropFirst(Int(try layout(of: connection))) { try connection.run(step) }
      try connection.run("PRAGMA user_version = \(version)")
    }
  }

  /// Reads the schema version; throws for a version newer than this program's.
  private static func layout(of connection: borrowing SQLiteConnection) throws(AccountsError)
    -> Int64
  {
    let statement = try connection.prepare("PRAGMA user_version")
    let found = try statement.step() ? statement.integer(0) ?? 0 : 0
    guard (0...version).contains(found) else {
      throw AccountsError(
        .newerSchema,
        "the key store has layout \(found), this version of Iris knows \(version)")
    }
    return found
  }

  /// Returns whether the store has any key, including revoked ones.
  static func hasKeys(_ connection: borrowing SQLiteConnection) throws(AccountsError) -> Bool {
    try connection.prepare("SELECT 1 FROM api_key LIMIT 1").step()
  }
}
