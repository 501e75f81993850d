internal import CSQLite

/// One open SQLite database.
///
/// Only this file and `Statement.swift` know SQLite's names.
///
/// Invariant: `handle` is open from `init` to `deinit` and never leaves. Shared only through a mutex.
@safe struct Connection: ~Copyable {
  private let handle: OpaquePointer

  private init(_ handle: OpaquePointer) {
    unsafe self.handle = handle
  }

  /// Opens a database in write-ahead mode, where a commit is durable before it returns.
  /// - Parameter file: A path without links, to an existing file, which may be empty.
  static func open(file: String) throws(AccountsError) -> Connection {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX
    let status = unsafe sqlite3_open_v2(file, &opened, flags, nil)
    guard status == SQLITE_OK, let opened = unsafe opened else {
      unsafe sqlite3_close_v2(opened)
      throw AccountsError(
        .storeUnavailable, "cannot open the key store \(file): \(explanation(status))")
    }
    unsafe sqlite3_busy_timeout(opened, 5000)
    let connection = unsafe Connection(opened)
    for pragma in ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"] {
      try connection.run("PRAGMA \(pragma)")
    }
    return connection
  }

  deinit {
    unsafe sqlite3_close_v2(handle)
  }

  /// Prepares a statement and gives it its parameters.
  func prepare(_ sql: String, _ values: [SQLValue] = []) throws(AccountsError) -> Statement {
    var prepared: OpaquePointer?
    let status = unsafe sqlite3_prepare_v2(handle, sql, -1, &prepared, nil)
    guard status == SQLITE_OK, let prepared = unsafe prepared else {
      throw AccountsError(.storeUnavailable, "the key store refused a statement: \(message)")
    }
    let statement = unsafe Statement(prepared)
    try statement.bind(values)
    return statement
  }

  /// Runs a statement to its end and forgets its rows.
  func run(_ sql: String, _ values: [SQLValue] = []) throws(AccountsError) {
    let statement = try prepare(sql, values)
    while try statement.step() {}
  }

  /// Runs `body` in one transaction that takes the write lock at once; an error rolls it back.
  func transaction<Result>(
    _ body: () throws(AccountsError) -> Result
  ) throws(AccountsError) -> Result {
    try run("BEGIN IMMEDIATE")
    do {
      let result = try body()
      try run("COMMIT")
      return result
    } catch {
      try? run("ROLLBACK")
      throw error
    }
  }

  /// Rows the last statement changed.
  var changedRowCount: Int { Int(unsafe sqlite3_changes(handle)) }

  private var message: String { unsafe String(cString: sqlite3_errmsg(handle)) }

  static func explanation(_ status: Int32) -> String {
    unsafe String(cString: sqlite3_errstr(status))
  }
}
