/// The parts of a store: the database, the secret that tokens are hashed with, and the bodies of
/// kept answers.
package struct StoreBackend: Sendable {
  /// Opens a connection to the database, whose tables are this program's.
  package var open: StoreConnection.Open
  /// Opens a connection whose statements may take long, as those of a check.
  let openForReports: StoreConnection.Open
  /// Throws if the database is no longer the one that was opened.
  package var check: @Sendable () throws(AccountsError) -> Void
  /// The number of connections that read beside the one that writes.
  package var readerCount: Int
  /// The bodies of kept answers.
  package var bodies: any ResultBodies
  /// Copies the database into a file; nil if that is left to the database's own tools.
  package var backUp: (@Sendable (String) throws(AccountsError) -> Void)?
  /// Hashes tokens.
  let pepper: Pepper
  /// The directory with the pepper and the file of the first key.
  let directory: DataDirectory
  /// A connection that stays open: SQLite removes its log with the last one, and the log is one of the
  /// files that must stay in their place.
  ///
  /// PostgreSQL needs none.
  let anchor: StoreConnection?

  /// A connection that reopens itself.
  package func connection() -> StoreConnection { StoreConnection(open, check: check) }

  /// A connection for what may take long.
  func reportConnection() -> StoreConnection { StoreConnection(openForReports, check: check) }
}

extension StoreBackend {
  /// Opens the store of a deployment.
  /// - Parameters:
  ///   - address: The PostgreSQL database; nil for an SQLite database in the data directory.
  ///   - path: The data directory, which has the pepper.
  ///   - now: The expression for the database's time, for tests.
  /// - Throws: `storeUnavailable`, `newerSchema`.
  package static func deployment(
    at address: PostgreSQLAddress?, directory path: String, now: String? = nil
  ) throws(AccountsError) -> StoreBackend {
    guard let address else { return try sqlite(directory: path, now: now) }
    return try postgresql(address, directory: path, now: now)
  }

  /// Opens an SQLite database in a directory, creating directory, pepper and tables as needed.
  /// - Parameter now: The expression for the database's time, for tests.
  /// - Throws: `storeUnavailable`, `newerSchema`.
  package static func sqlite(
    directory path: String, now: String? = nil
  ) throws(AccountsError) -> StoreBackend {
    let directory = try DataDirectory(path)
    // The lock ensures that only one process creates the store.
    try directory.lock()
    defer { directory.unlock() }
    try StoreFiles.prepare(in: directory)
    let file = try directory.realPath(of: StoreFiles.database)
    var dialect = SQLiteDatabase.dialect
    if let now { dialect.now = now }
    let open: StoreConnection.Open = { [dialect] () throws(AccountsError) in
      try SQLiteDatabase(file: file, dialect: dialect)
    }
    let anchor = StoreConnection(open)
    let pepper = try anchor.use { (database) throws(AccountsError) in
      try Schema.migrate(database)
      return try Pepper.open(for: database, in: directory)
    }
    let files = try StoreFiles(in: directory)
    return StoreBackend(
      open: open, openForReports: open, check: { () throws(AccountsError) in try files.check() },
      readerCount: 2,
      bodies: ResultFiles(in: directory),
      backUp: { (copy) throws(AccountsError) in
        guard try !directory.holds(StoreFiles.all, at: copy) else {
          throw AccountsError(
            .invalidValue, "\(copy) is a file of the store itself; name another for the copy")
        }
        try SQLiteBackup.copy(SQLiteDatabase(file: file), to: copy)
      }, pepper: pepper, directory: directory, anchor: anchor)
  }
}
