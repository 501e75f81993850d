/// A connection to the database of a store: SQLite, PostgreSQL, or a double in tests.
///
/// One SQL text serves every backend. Parameters are written `$1`, `$2`, …, and their first
/// occurrences ascend, as SQLite numbers them in that order. What differs is in ``SQLDialect``. Sums
/// are cast to BIGINT, since PostgreSQL sums to NUMERIC.
///
/// A connection belongs to one thread at a time. After an error with the code `storeUnavailable` or
/// `contention` its transaction is over or must be rolled back.
package protocol Database: AnyObject {
  /// The words in which this backend differs.
  var dialect: SQLDialect { get }

  /// Runs one statement to its end; a text is prepared once for each connection.
  /// - Returns: Its rows: of a SELECT, or of a RETURNING clause.
  /// - Throws: `storeUnavailable`, `contention`.
  @discardableResult
  func run(_ sql: String, _ values: [SQLValue]) throws(AccountsError) -> [SQLRow]

  /// Runs a statement whose rows nobody needs, or has it run before the next one that is run.
  ///
  /// Its error is thrown here or by that next one, at the latest at the end of the savepoint or
  /// transaction.
  func queue(_ sql: String, _ values: [SQLValue]) throws(AccountsError)

  /// False if the connection is known to be broken.
  var isConnected: Bool { get }
}

extension Database {
  package func queue(_ sql: String, _ values: [SQLValue]) throws(AccountsError) {
    try run(sql, values)
  }

  package var isConnected: Bool { true }

  /// Runs a statement without parameters.
  @discardableResult
  package func run(_ sql: String) throws(AccountsError) -> [SQLRow] { try run(sql, []) }

  /// The database's time.
  package func now() throws(AccountsError) -> Timestamp {
    guard let row = try run("SELECT \(dialect.now)").first else { throw SQLRow.damaged("the time") }
    return try row.timestamp(0)
  }

  /// Runs `body` in a transaction that writes; an error rolls it back.
  package func transaction<Result>(
    _ body: () throws(AccountsError) -> Result
  ) throws(AccountsError) -> Result {
    try queue(dialect.beginWriting, [])
    return try ending(body)
  }

  /// Runs `body` on one unchanging view of the database.
  package func snapshot<Result>(
    _ body: () throws(AccountsError) -> Result
  ) throws(AccountsError) -> Result {
    try queue(dialect.beginReading, [])
    return try ending(body)
  }

  /// Returns the number of the last row of a table up to which no other row can appear; nil where rows are committed
  /// in the order of their numbers.
  ///
  /// Elsewhere a row has its number when it is written. Writers are kept out until the last number is read, and not
  /// while a page is.
  package func settledEnd(of table: String) throws(AccountsError) -> Int64? {
    guard let lock = dialect.tableLock else { return nil }
    return try snapshot { () throws(AccountsError) in
      // Before the first statement that reads, which is when the view begins.
      try run(lock.replacing("{table}", with: table))
      return try run("SELECT coalesce(max(seq), 0) FROM \(table)")[0].integer(0)
    }
  }

  private func ending<Result>(
    _ body: () throws(AccountsError) -> Result
  ) throws(AccountsError) -> Result {
    do {
      let result = try body()
      try run("COMMIT")
      return result
    } catch {
      _ = try? run("ROLLBACK")
      throw error
    }
  }

  /// Runs `body` within a transaction so that an error undoes only what `body` did.
  package func savepoint<Result>(
    _ body: () throws(AccountsError) -> Result
  ) throws(AccountsError) -> Result {
    try queue("SAVEPOINT operation", [])
    do {
      let result = try body()
      try run("RELEASE SAVEPOINT operation")
      return result
    } catch  where !error.isStorageFailure {
      try queue("ROLLBACK TO SAVEPOINT operation", [])
      try run("RELEASE SAVEPOINT operation")
      throw error
    }
  }

  /// Locks accounts until the transaction ends, always in one order.
  ///
  /// Whatever changes an account, its keys or their requests holds the account's lock. In SQLite the
  /// transaction has the whole database, so that there is nothing to lock.
  package func lock(accounts: [String]) throws(AccountsError) {
    guard !dialect.rowLock.isEmpty else { return }
    var last: String?
    for id in accounts.sorted() where id != last {
      try queue("SELECT id FROM account WHERE id = $1 \(dialect.rowLock)", [.text(id)])
      last = id
    }
  }

  /// Waits until no other node is in such a transaction, and keeps others waiting until this one ends.
  package func lockExclusively() throws(AccountsError) {
    if let lock = dialect.exclusiveLock { try run(lock) }
  }
}

/// A parameter of a statement, or a column of a row.
package enum SQLValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case text(String)
  case blob([UInt8])
}

extension SQLValue {
  /// A text, or NULL.
  package static func optional(_ text: String?) -> SQLValue { text.map { .text($0) } ?? .null }
  /// An integer, or NULL.
  package static func optional(_ integer: Int64?) -> SQLValue {
    integer.map { .integer($0) } ?? .null
  }
  /// A time.
  package static func time(_ time: Timestamp) -> SQLValue { .integer(time.microseconds) }
  /// A time, or NULL.
  package static func optional(_ time: Timestamp?) -> SQLValue { optional(time?.microseconds) }
  /// An amount.
  package static func money(_ money: Money) -> SQLValue { .integer(money.microUnits) }
}

/// A row that a statement gave; a column of another type than asked for is damage.
package struct SQLRow: Sendable, Equatable {
  /// The columns in order.
  package let values: [SQLValue]

  package init(_ values: [SQLValue]) { self.values = values }

  package func optionalInteger(_ column: Int) throws(AccountsError) -> Int64? {
    switch values[column] {
    case .null: return nil
    case .integer(let value): return value
    default: throw Self.damaged("column \(column)")
    }
  }

  package func optionalText(_ column: Int) throws(AccountsError) -> String? {
    switch values[column] {
    case .null: return nil
    case .text(let value): return value
    default: throw Self.damaged("column \(column)")
    }
  }

  package func integer(_ column: Int) throws(AccountsError) -> Int64 {
    guard let value = try optionalInteger(column) else { throw Self.damaged("column \(column)") }
    return value
  }

  package func text(_ column: Int) throws(AccountsError) -> String {
    guard let value = try optionalText(column) else { throw Self.damaged("column \(column)") }
    return value
  }

  package func blob(_ column: Int) throws(AccountsError) -> [UInt8] {
    guard case .blob(let bytes) = values[column] else { throw Self.damaged("column \(column)") }
    return bytes
  }

  package func timestamp(_ column: Int) throws(AccountsError) -> Timestamp {
    Timestamp(microseconds: try integer(column))
  }

  package func optionalTimestamp(_ column: Int) throws(AccountsError) -> Timestamp? {
    try optionalInteger(column).map { Timestamp(microseconds: $0) }
  }

  package func money(_ column: Int) throws(AccountsError) -> Money {
    Money(microUnits: try integer(column))
  }

  /// The error for a value that the store cannot contain.
  package static func damaged(_ what: String) -> AccountsError {
    AccountsError(.storeUnavailable, "the store is damaged: \(what) is not what it must be")
  }
}
