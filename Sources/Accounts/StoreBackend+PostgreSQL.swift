extension StoreBackend {
  /// Opens a PostgreSQL database, creating tables as needed, and the pepper of a store that has none.
  ///
  /// Several nodes may do so at once: they wait for each other.
  /// - Parameters:
  ///   - path: The data directory, with the pepper, which all nodes of the store share.
  ///   - now: The expression for the database's time, for tests.
  /// - Throws: `storeUnavailable`, `newerSchema`.
  package static func postgresql(
    _ address: PostgreSQLAddress, directory path: String, now: String? = nil
  ) throws(AccountsError) -> StoreBackend {
    let directory = try DataDirectory(path)
    try directory.lock()
    defer { directory.unlock() }
    var dialect = PostgreSQLDatabase.dialect
    if let now { dialect.now = now }
    let pepper = try prepare(
      PostgreSQLDatabase(address, dialect: dialect, limits: .migrating), directory)
    let source = ConnectionSource { [dialect] () throws(AccountsError) in
      try PostgreSQLDatabase(address, dialect: dialect)
    }
    return StoreBackend(
      open: { () throws(AccountsError) in try source.connection() },
      openForReports: { [dialect] () throws(AccountsError) in
        try PostgreSQLDatabase(address, dialect: dialect, limits: .reporting)
      },
      check: { () throws(AccountsError) in }, readerCount: 4, bodies: ResultRows(), backUp: nil,
      pepper: pepper, directory: directory, anchor: nil)
  }

  private static func prepare(
    _ database: PostgreSQLDatabase, _ directory: DataDirectory
  ) throws(AccountsError) -> Pepper {
    try Schema.migrate(database)
    return try database.transaction { () throws(AccountsError) in
      try database.lockExclusively()
      return try Pepper.openShared(for: database, in: directory)
    }
  }
}
