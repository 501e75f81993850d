internal import CSQLite

/// A value that goes into a statement.
enum SQLValue {
  case text(String)
  case integer(Int64)
  case blob([UInt8])
  case null
}

/// A prepared statement with its parameters bound.
///
/// Invariant: `handle` is valid from `init` to `deinit`; column reads follow a `step` that gave a row.
@safe struct Statement: ~Copyable {
  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) {
    unsafe self.handle = handle
  }

  deinit {
    unsafe sqlite3_finalize(handle)
  }

  /// Gives the statement its parameters, in order.
  func bind(_ values: [SQLValue]) throws(AccountsError) {
    for (index, value) in values.enumerated() {
      guard bind(value, at: Int32(index) + 1) == SQLITE_OK else {
        throw AccountsError(.storeUnavailable, "the key store refused a parameter")
      }
    }
  }

  /// Whether there is another row.
  func step() throws(AccountsError) -> Bool {
    let status = unsafe sqlite3_step(handle)
    if status == SQLITE_ROW { return true }
    if status == SQLITE_DONE { return false }
    throw AccountsError(
      .storeUnavailable, "the key store failed: \(Connection.explanation(status))")
  }

  /// A text column of the current row.
  func text(_ column: Int32) -> String {
    guard let bytes = unsafe sqlite3_column_text(handle, column) else { return "" }
    return unsafe String(cString: bytes)
  }

  /// An integer column of the current row; `nil` where the row has none.
  func integer(_ column: Int32) -> Int64? {
    guard unsafe sqlite3_column_type(handle, column) != SQLITE_NULL else { return nil }
    return unsafe sqlite3_column_int64(handle, column)
  }

  /// A blob column of the current row.
  func blob(_ column: Int32) -> [UInt8] {
    let count = Int(unsafe sqlite3_column_bytes(handle, column))
    guard count > 0, let bytes = unsafe sqlite3_column_blob(handle, column) else { return [] }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
  }

  private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
    // SQLITE_TRANSIENT, a cast macro that Swift does not import: SQLite copies the bytes.
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
