import CSQLite

/// One open SQLite database.
///
/// Only this file uses SQLite's C API.
///
/// Invariant: `handle` is open from `init` to `deinit` and never leaves. Shared only through a mutex.
@safe struct SQLiteConnection: ~Copyable {
  private let handle: OpaquePointer

  private init(_ handle: OpaquePointer) {
    unsafe self.handle = handle
  }

  /// Opens a database in write-ahead logging mode; a commit is durable when it returns.
  /// - Parameter file: A path without links, to an existing file, which may be empty.
  static func open(file: String) throws(AccountsError) -> SQLiteConnection {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX
    let status = unsafe sqlite3_open_v2(file, &opened, flags, nil)
    guard status == SQLITE_OK, let opened = unsafe opened else {
      unsafe sqlite3_close_v2(opened)
      throw AccountsError(
        .storeUnavailable, "cannot open the key store \(file): \(explanation(status))")
    }
    unsafe sqlite3_busy_timeout(opened, 5000)
    let connection = unsafe SQLiteConnection(opened)
    for pragma in ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"] {
      try connection.run("PRAGMA \(pragma)")
    }
    return connection
  }

  deinit {
    unsafe sqlite3_close_v2(handle)
  }

  /// Prepares a statement and binds its parameters.
  func prepare(_ sql: String, _ values: [SQLiteValue] = []) throws(AccountsError) -> SQLiteStatement
  {
    var prepared: OpaquePointer?
    let status = unsafe sqlite3_prepare_v2(handle, sql, -1, &prepared, nil)
    guard status == SQLITE_OK, let prepared = unsafe prepared else {
      throw AccountsError(.storeUnavailable, "the key store refused a statement: \(message)")
    }
    let statement = unsafe SQLiteStatement(prepared)
    try statement.bind(values)
    return statement
  }

  /// Runs a statement to completion and discards its rows.
  func run(_ sql: String, _ values: [SQLiteValue] = []) throws(AccountsError) {
    let statement = try prepare(sql, values)
    while try statement.step() {}
  }

  /// Runs `body` in a transaction that takes the write lock at its start; an error rolls it back.
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

  /// The number of rows that the last statement changed.
  var changedRowCount: Int { Int(unsafe sqlite3_changes(handle)) }

  private var message: String { unsafe String(cString: sqlite3_errmsg(handle)) }

  static func explanation(_ status: Int32) -> String {
    unsafe String(cString: sqlite3_errstr(status))
  }
}

/// A parameter of a statement.
enum SQLiteValue {
  case text(String)
  case integer(Int64)
  case blob([UInt8])
  case null
}

/// A prepared statement with its parameters bound.
///
/// Invariant: `handle` is valid from `init` to `deinit`; column reads follow a `step` that gave a row.
@safe struct SQLiteStatement: ~Copyable {
  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) {
    unsafe self.handle = handle
  }

  deinit {
    unsafe sqlite3_finalize(handle)
  }

  /// Binds the parameters, in order.
  func bind(_ values: [SQLiteValue]) throws(AccountsError) {
    for (index, value) in values.enumerated() {
      guard bind(value, at: Int32(index) + 1) == SQLITE_OK else {
        throw AccountsError(.storeUnavailable, "the key store refused a parameter")
      }
    }
  }

  /// Advances to the next row; returns false if there is none.
  func step() throws(AccountsError) -> Bool {
    let status = unsafe sqlite3_step(handle)
    if status == SQLITE_ROW { return true }
    if status == SQLITE_DONE { return false }
    throw AccountsError(
      .storeUnavailable, "the key store failed: \(SQLiteConnection.explanation(status))")
  }

  /// Returns a text column of the current row.
  func text(_ column: Int32) -> String {
    guard let bytes = unsafe sqlite3_column_text(handle, column) else { return "" }
    return unsafe String(cString: bytes)
  }

  /// Returns an integer column of the current row; `nil` if the value is NULL.
  func integer(_ column: Int32) -> Int64? {
    guard unsafe sqlite3_column_type(handle, column) != SQLITE_NULL else { return nil }
    return unsafe sqlite3_column_int64(handle, column)
  }

  /// Returns a blob column of the current row.
  func blob(_ column: Int32) -> [UInt8] {
    let count = Int(unsafe sqlite3_column_bytes(handle, column))
    guard count > 0, let bytes = unsafe sqlite3_column_blob(handle, column) else { return [] }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
  }

  private func bind(_ value: SQLiteValue, at index: Int32) -> Int32 {
    // SQLITE_TRANSIENT is a cast macro that Swift does not import; it makes SQLite copy the bytes.
    let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    return switch value {
    case .text(let text):
      unsafe sqlite3_bind_text(handle, index, text, Int32(clamping: text.utf8.count), copied)
    case .integer(let integer): unsafe sqlite3_bind_int64(handle, index, integer)
    case .blob(let bytes):
      unsafe sqlite3_bind_blob(handle, index, bytes, Int32(clamping: bytes.count), copied)
    case .null: unsafe sqlite3_bind_null(handle, index)
    }
  }
}
