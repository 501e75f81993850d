import CSQLite

/// A connection to an SQLite database.
///
/// Invariant: `handle` is open from `init` to `deinit`, which is after the statements', and never
/// leaves but to a backup of this connection.
@safe final class SQLiteDatabase: Database {
  /// SQLite's words; its clock is the machine's, as what uses one file is on one machine.
  static let dialect = SQLDialect(
    beginWriting: "BEGIN IMMEDIATE", beginReading: "BEGIN",
    now: "CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER) * 1000",
    rowLock: "", integer: "INTEGER", blob: "BLOB", counter: "INTEGER PRIMARY KEY AUTOINCREMENT",
    strict: "STRICT", earlyVersion: "PRAGMA user_version",
    // Programs of layouts 1 and 2 know this number alone, and keep no limits.
    earlyRefusal: ["PRAGMA user_version = 3"], integrityCheck: "PRAGMA integrity_check")

  let dialect: SQLDialect
  private let handle: OpaquePointer
  private var statements: [String: SQLiteStatement] = [:]

  /// Opens a database in write-ahead logging mode; a commit is durable when it returns.
  /// - Parameter file: A path without links, to an existing file, which may be empty.
  convenience init(file: String, dialect: SQLDialect = SQLiteDatabase.dialect) throws(AccountsError)
  {
    try self.init(opening: file, dialect)
    for pragma in ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"] {
      try run("PRAGMA \(pragma)")
    }
  }

  /// Opens an empty file that a backup is written to.
  convenience init(copyTo file: String) throws(AccountsError) {
    try self.init(opening: file, Self.dialect)
  }

  private init(opening file: String, _ dialect: SQLDialect) throws(AccountsError) {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX
    let status = unsafe sqlite3_open_v2(file, &opened, flags, nil)
    guard status == SQLITE_OK, let opened = unsafe opened else {
      unsafe sqlite3_close_v2(opened)
      throw AccountsError(
        .storeUnavailable,
        "cannot open the key store \(file): \(SQLiteStatement.explanation(status))")
    }
    unsafe sqlite3_busy_timeout(opened, 5000)
    unsafe handle = opened
    self.dialect = dialect
  }

  // The connection is freed with its last statement.
  deinit { unsafe sqlite3_close_v2(handle) }

  @discardableResult
  func run(_ sql: String, _ values: [SQLValue]) throws(AccountsError) -> [SQLRow] {
    let statement = try statement(sql)
    defer { statement.reset() }
    try statement.bind(values)
    var rows: [SQLRow] = []
    while try statement.step() { rows.append(statement.row()) }
    return rows
  }

  private func statement(_ sql: String) throws(AccountsError) -> SQLiteStatement {
    if let prepared = statements[sql] { return prepared }
    var prepared: OpaquePointer?
    let status = unsafe sqlite3_prepare_v2(handle, sql, -1, &prepared, nil)
    guard status == SQLITE_OK, let prepared = unsafe prepared else {
      let message = unsafe String(cString: sqlite3_errmsg(handle))
      throw AccountsError(.storeUnavailable, "the key store refused a statement: \(message)")
    }
    let statement = unsafe SQLiteStatement(prepared)
    statements[sql] = statement
    return statement
  }

  /// Gives the handle to SQLite's backup, which reads through it.
  func withHandle<Result>(
    _ body: (OpaquePointer) throws(AccountsError) -> Result
  ) throws(AccountsError) -> Result {
    unsafe try body(handle)
  }
}

/// A prepared statement.
///
/// Invariant: `handle` is valid from `init` to `deinit`; columns are read after a `step` that gave a row.
@safe final class SQLiteStatement {
  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) { unsafe self.handle = handle }

  deinit { unsafe sqlite3_finalize(handle) }

  /// Binds the parameters, in order.
  func bind(_ values: [SQLValue]) throws(AccountsError) {
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
    // A constraint refuses the one statement; anything else is the store's failure.
    throw AccountsError(
      status & 0xFF == SQLITE_CONSTRAINT ? .invalidValue : .storeUnavailable,
      "the key store failed: \(Self.explanation(status))")
  }

  /// Ends the run and forgets the parameters, so that no lock and no copy stays.
  func reset() {
    unsafe sqlite3_reset(handle)
    unsafe sqlite3_clear_bindings(handle)
  }

  /// Returns the columns of the current row.
  func row() -> SQLRow {
    SQLRow((0..<(unsafe sqlite3_column_count(handle))).map { value(at: $0) })
  }

  private func value(at column: Int32) -> SQLValue {
    switch unsafe sqlite3_column_type(handle, column) {
    case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(handle, column))
    case SQLITE_NULL: return .null
    case SQLITE_BLOB:
      let count = Int(unsafe sqlite3_column_bytes(handle, column))
      guard count > 0, let bytes = unsafe sqlite3_column_blob(handle, column) else {
        return .blob([])
      }
      return unsafe .blob([UInt8](UnsafeRawBufferPointer(start: bytes, count: count)))
    default:
      guard let bytes = unsafe sqlite3_column_text(handle, column) else { return .text("") }
      return unsafe .text(String(cString: bytes))
    }
  }

  private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
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

  static func explanation(_ status: Int32) -> String {
    unsafe String(cString: sqlite3_errstr(status))
  }
}
