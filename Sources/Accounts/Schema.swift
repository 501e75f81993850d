/// The tables of the store, and how those of earlier versions become them.
enum Schema {
  /// Layout that this version writes; a higher number in the file is refused.
  private static let version: Int64 = 2

  /// The statements that lead from each layout to the next.
  private static let steps = [
    """
    CREATE TABLE api_key (
      id TEXT PRIMARY KEY, name TEXT NOT NULL, mode TEXT NOT NULL, prefix TEXT NOT NULL,
      hash BLOB NOT NULL UNIQUE, created INTEGER NOT NULL, revoked INTEGER) STRICT
    """,
    "CREATE TABLE property (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
  ]

  /// Brings the tables to the layout of this version.
  static func migrate(_ connection: borrowing Connection) throws(AccountsError) {
    guard try layout(of: connection) < version else { return }
    try connection.transaction { () throws(AccountsError) in
      for step in steps.dropFirst(Int(try layout(of: connection))) { try connection.run(step) }
      try connection.run("PRAGMA user_version = \(version)")
    }
  }

  /// Reads the layout, and refuses one that this version does not know.
  private static func layout(of connection: borrowing Connection) throws(AccountsError) -> Int64 {
    let statement = try connection.prepare("PRAGMA user_version")
    let found = try statement.step() ? statement.integer(0) ?? 0 : 0
    guard (0...version).contains(found) else {
      throw AccountsError(
        .newerSchema,
        "the key store has layout \(found), this version of Iris knows \(version)")
    }
    return found
  }

  /// Whether the store has a key, be it revoked.
  static func hasKeys(_ connection: borrowing Connection) throws(AccountsError) -> Bool {
    try connection.prepare("SELECT 1 FROM api_key LIMIT 1").step()
  }

  /// Reads the pepper under which a store's keys are hashed; a new one is made only for a store that
  /// has none, since under another no key could be recognised.
  static func pepper(
    for connection: borrowing Connection, in directory: DataDirectory
  ) throws(AccountsError) -> Pepper {
    let path = directory.path(of: Pepper.fileName)
    let found = try Pepper.read(in: directory)
    let hasKeys = try hasKeys(connection)
    guard found != nil || !hasKeys else {
      throw AccountsError(
        .storeUnavailable,
        "\(path) is missing, though there are keys: restore it from a backup, without it no "
          + "existing key can be recognised")
    }
    let pepper = if let found { found } else { try Pepper.create(in: directory) }
    let known = try connection.property("pepper")
    guard known == nil || known == pepper.fingerprint || !hasKeys else {
      throw AccountsError(
        .storeUnavailable,
        "\(path) is not the one under which the keys were stored: restore it from the backup that "
          + "\(StoreFiles.database) is of")
    }
    if known != pepper.fingerprint { try connection.setProperty("pepper", pepper.fingerprint) }
    return pepper
  }
}

extension Connection {
  /// Something that the store knows of itself.
  fileprivate func property(_ name: String) throws(AccountsError) -> [UInt8]? {
    let statement = try prepare("SELECT value FROM property WHERE name = ?", [.text(name)])
    return try statement.step() ? statement.blob(0) : nil
  }

  fileprivate func setProperty(_ name: String, _ value: [UInt8]) throws(AccountsError) {
    try run(
      "INSERT OR REPLACE INTO property (name, value) VALUES (?, ?)", [.text(name), .blob(value)])
  }
}
