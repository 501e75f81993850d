import CPostgreSQL

/// The result of one statement.
///
/// Invariant: `handle` is valid from `init` to `deinit`, and rows and columns are within its counts.
@safe struct PostgreSQLResult: ~Copyable {
  /// The object ids of the types that the tables have, from `pg_type.dat` of PostgreSQL.
  private enum ColumnType {
    static let boolean: Oid = 16
    static let bytes: Oid = 17
    static let int8: Oid = 20
    static let int2: Oid = 21
    static let int4: Oid = 23
    static let text: Oid = 25
    static let varchar: Oid = 1043
    static let unknown: Oid = 705
  }

  private let handle: OpaquePointer

  init(_ handle: OpaquePointer) { unsafe self.handle = handle }

  deinit { unsafe PQclear(handle) }

  var status: ExecStatusType { unsafe PQresultStatus(handle) }

  /// Returns the rows.
  func rows() throws(AccountsError) -> [SQLRow] {
    let (rowCount, columnCount) = unsafe (PQntuples(handle), PQnfields(handle))
    var rows: [SQLRow] = []
    rows.reserveCapacity(Int(rowCount))
    for row in 0..<rowCount {
      var values: [SQLValue] = []
      for column in 0..<columnCount { values.append(try value(row, column)) }
      rows.append(SQLRow(values))
    }
    return rows
  }

  private func value(_ row: Int32, _ column: Int32) throws(AccountsError) -> SQLValue {
    guard unsafe PQgetisnull(handle, row, column) == 0 else { return .null }
    let count = Int(unsafe PQgetlength(handle, row, column))
    guard let start = unsafe PQgetvalue(handle, row, column) else { return .null }
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
    switch unsafe PQftype(handle, column) {
    case ColumnType.int8, ColumnType.int4, ColumnType.int2:
      // Big-endian in two's complement.
      let isNegative = unsafe bytes.first.map { $0 & 0x80 != 0 } ?? false
      return unsafe .integer(bytes.reduce(isNegative ? -1 : 0) { $0 << 8 | Int64($1) })
    case ColumnType.boolean: return unsafe .integer(bytes.first == 0 ? 0 : 1)
    case ColumnType.bytes: return unsafe .blob([UInt8](bytes))
    case ColumnType.text, ColumnType.varchar, ColumnType.unknown:
      return unsafe .text(String(decoding: bytes, as: UTF8.self))
    default: throw SQLRow.damaged("the type of column \(column)")
    }
  }

  /// The error of a statement that failed.
  ///
  /// It has the server's first line, never its details, which may quote values.
  var failure: AccountsError {
    let state = field("C") ?? ""
    switch state {
    // serialization_failure, deadlock_detected
    case "40001", "40P01":
      return AccountsError(.contention, "transactions of several nodes met (\(state))")
    // Class 23 is that of integrity constraints: they refuse the one statement.
    case let state where state.hasPrefix("23"):
      return AccountsError(.invalidValue, "the key store refused a value (\(state))")
    default:
      let line = unsafe field("M") ?? String(cString: PQresultErrorMessage(handle))
      return AccountsError(
        .storeUnavailable,
        "the database failed: \(PostgreSQLConnection.firstLine(line))"
          + (state.isEmpty ? "" : " (\(state))"))
    }
  }

  /// A field of the server's error: `C` is SQLSTATE, `M` the primary message.
  private func field(_ code: Unicode.Scalar) -> String? {
    guard let text = unsafe PQresultErrorField(handle, Int32(code.value)) else { return nil }
    return unsafe String(cString: text)
  }
}
