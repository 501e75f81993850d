/// The words in which a database differs from others.
package struct SQLDialect: Sendable {
  /// Begins a transaction that writes.
  package var beginWriting: String
  /// Begins a transaction that reads one unchanging view.
  package var beginReading: String
  /// The expression for whole microseconds since 1970, UTC, by the database's clock.
  ///
  /// Tests put a clock of their own here.
  package var now: String
  /// The clause of a SELECT that locks its rows until the transaction ends; empty if a writing
  /// transaction has the database to itself.
  package var rowLock: String
  /// The type of 64-bit integers.
  package var integer: String
  /// The type of bytes.
  package var blob: String
  /// The type of a primary key that counts up by itself.
  package var counter: String
  /// The option of a table whose columns keep their types.
  package var strict: String
  /// The statement after which no other node is past it until the transaction ends; nil if a writing
  /// transaction has the database to itself.
  package var exclusiveLock: String?
  /// The statement that waits until no transaction writes to a table, `{table}`, and keeps others from it until the
  /// transaction ends; nil if only one writes at a time.
  package var tableLock: String?
  /// The tables that this backend alone has.
  package var ownTables: [String]
  /// The query for the version of stores older than the table `schema_version`.
  package var earlyVersion: String?
  /// The statements that keep programs older than that table from writing.
  package var earlyRefusal: [String]
  /// The query that looks for damage, and whose one row is `ok` if there is none.
  package var integrityCheck: String?

  package init(
    beginWriting: String, beginReading: String, now: String, rowLock: String, integer: String,
    blob: String, counter: String, strict: String, exclusiveLock: String? = nil,
    tableLock: String? = nil, ownTables: [String] = [], earlyVersion: String? = nil,
    earlyRefusal: [String] = [],
    integrityCheck: String? = nil
  ) {
    self.beginWriting = beginWriting
    self.beginReading = beginReading
    self.now = now
    self.rowLock = rowLock
    self.integer = integer
    self.blob = blob
    self.counter = counter
    self.strict = strict
    self.exclusiveLock = exclusiveLock
    self.tableLock = tableLock
    self.ownTables = ownTables
    self.earlyVersion = earlyVersion
    self.earlyRefusal = earlyRefusal
    self.integrityCheck = integrityCheck
  }

  /// Puts this dialect's types into the statement of a migration: `{integer}`, `{blob}`,
  /// `{counter}`, `{strict}`, and `{now}`.
  func statement(_ template: String) -> String {
    [
      ("{integer}", integer), ("{blob}", blob), ("{counter}", counter), ("{strict}", strict),
      ("{now}", now),
    ].reduce(template) { $0.replacing($1.0, with: $1.1) }
  }
}
