/// The tables of the store, and the migrations from earlier versions.
///
/// A migration adds: tables, columns with a default, indices. So a node of the version before still
/// works on the migrated store, and nodes are upgraded one after another. One that an older program
/// cannot work with raises `oldestProgram` to its own version, and older programs are refused.
enum Schema {
  /// The version that this program writes.
  static let version: Int64 = 4
  /// The version of the oldest program that works with the tables of ``version``.
  private static let oldestProgram: Int64 = 3

  /// The statements that migrate each version to the next.
  private static let steps: [[String]] = [
    [
      """
      CREATE TABLE api_key (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, mode TEXT NOT NULL, prefix TEXT NOT NULL,
        hash {blob} NOT NULL UNIQUE, created {integer} NOT NULL, revoked {integer}) {strict}
      """
    ],
    ["CREATE TABLE property (name TEXT PRIMARY KEY, value {blob} NOT NULL) {strict}"],
    accounts + requests, requestFacts,
  ]

  /// The account that has the keys of stores from before there were accounts, and those that are
  /// made without naming one.
  static let defaultAccount = "acct_default"

  /// Amounts are in millionths of the currency (`_micro`), times in microseconds since 1970 (`_at`,
  /// `_until`), durations in microseconds (`_micros`), days in days since 1970, months as 202611.
  private static let accounts = [
    """
    CREATE TABLE account (
      id TEXT PRIMARY KEY, name TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
      credit_micro {integer} NOT NULL, reserved_micro {integer} NOT NULL CHECK (reserved_micro >= 0),
      created_at {integer} NOT NULL,
      CHECK (credit_micro >= reserved_micro)) {strict}
    """,
    """
    CREATE TABLE ledger (
      seq {counter}, account_id TEXT NOT NULL REFERENCES account (id), key_id TEXT,
      request_id TEXT UNIQUE, kind TEXT NOT NULL CHECK (kind IN ('credit', 'charge')),
      amount_micro {integer} NOT NULL, images {integer} NOT NULL, month {integer} NOT NULL,
      note TEXT NOT NULL, at {integer} NOT NULL,
      CHECK ((kind = 'charge') = (request_id IS NOT NULL))) {strict}
    """,
    "CREATE INDEX ledger_account ON ledger (account_id, seq)",
    "CREATE INDEX ledger_at ON ledger (at)",
    """
    INSERT INTO account VALUES ('\(defaultAccount)', 'default', 'active', \
    \(KeyLimits.defaultCredit.microUnits), 0, {now})
    """,
    """
    INSERT INTO ledger (account_id, kind, amount_micro, images, month, note, at)
    SELECT id, 'credit', credit_micro, 0, 0, 'credit at creation', created_at FROM account
    """,
    "ALTER TABLE api_key RENAME COLUMN created TO created_at",
    "ALTER TABLE api_key RENAME COLUMN revoked TO revoked_at",
    "UPDATE api_key SET created_at = created_at * 1000000, revoked_at = revoked_at * 1000000",
    "ALTER TABLE api_key ADD COLUMN account_id TEXT NOT NULL DEFAULT '\(defaultAccount)'",
    column("rpm", KeyLimits.standard.requestsPerMinute),
    column("rpd", KeyLimits.standard.requestsPerDay),
    column("concurrent", KeyLimits.standard.concurrentRequests),
    column("cap_micro", KeyLimits.standard.monthlyCap.microUnits),
    "ALTER TABLE api_key ADD COLUMN expires_at {integer}",
    "ALTER TABLE api_key ADD COLUMN previous_hash {blob}",
    "ALTER TABLE api_key ADD COLUMN previous_until {integer}",
    "CREATE INDEX api_key_previous ON api_key (previous_hash) WHERE previous_hash IS NOT NULL",
    "CREATE INDEX api_key_account ON api_key (account_id)",
    """
    CREATE TABLE audit (
      seq {counter}, at {integer} NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
      subject TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL) {strict}
    """,
  ]

  private static let requests = [
    """
    CREATE TABLE request (
      id TEXT PRIMARY KEY, key_id TEXT NOT NULL REFERENCES api_key (id),
      account_id TEXT NOT NULL REFERENCES account (id), mode TEXT NOT NULL, endpoint TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('reserved', 'settled', 'refunded')),
      unit_micro {integer} NOT NULL CHECK (unit_micro >= 0),
      images {integer} NOT NULL CHECK (images >= 0), day {integer} NOT NULL, month {integer} NOT NULL,
      admitted_at {integer} NOT NULL, node TEXT NOT NULL, epoch {integer} NOT NULL,
      lease_until {integer} NOT NULL, done_at {integer}, outcome TEXT,
      charged_images {integer} NOT NULL DEFAULT 0) {strict}
    """,
    "CREATE INDEX request_window ON request (key_id, admitted_at)",
    "CREATE INDEX request_admitted ON request (admitted_at, id)",
    "CREATE INDEX request_open ON request (key_id) WHERE state = 'reserved'",
    "CREATE INDEX request_lease ON request (lease_until) WHERE state = 'reserved'",
    "CREATE INDEX request_done ON request (done_at) WHERE done_at IS NOT NULL",
    """
    CREATE TABLE key_day (
      key_id TEXT NOT NULL, day {integer} NOT NULL, admitted {integer} NOT NULL,
      images {integer} NOT NULL, spent_micro {integer} NOT NULL, last_at {integer} NOT NULL,
      PRIMARY KEY (key_id, day)) {strict}
    """,
    """
    CREATE TABLE key_month (
      key_id TEXT NOT NULL, month {integer} NOT NULL,
      reserved_micro {integer} NOT NULL CHECK (reserved_micro >= 0),
      spent_micro {integer} NOT NULL CHECK (spent_micro >= 0), images {integer} NOT NULL,
      admitted {integer} NOT NULL, PRIMARY KEY (key_id, month)) {strict}
    """,
    """
    CREATE TABLE replay (
      key_id TEXT NOT NULL, handle TEXT NOT NULL, fingerprint {blob} NOT NULL,
      request_id TEXT NOT NULL UNIQUE, kept_seconds {integer} NOT NULL, expires_at {integer} NOT NULL,
      status {integer}, content_type TEXT, sha256 {blob}, PRIMARY KEY (key_id, handle)) {strict}
    """,
    "CREATE INDEX replay_expiry ON replay (expires_at)",
    """
    CREATE TABLE node (
      id TEXT PRIMARY KEY, epoch {integer} NOT NULL, heartbeat_at {integer} NOT NULL) {strict}
    """,
  ]

  /// What a request's answer was, and how long it took.
  private static let requestFacts = ["status", "queue_micros", "render_micros"].map {
    "ALTER TABLE request ADD COLUMN \($0) {integer}"
  }

  private static func column(_ name: String, _ standard: Int64) -> String {
    "ALTER TABLE api_key ADD COLUMN \(name) {integer} NOT NULL DEFAULT \(standard)"
  }

  /// Migrates the tables to this program's version, in one transaction.
  /// - Throws: `newerSchema` if the store needs a newer program.
  static func migrate(_ database: any Database) throws(AccountsError) {
    let dialect = database.dialect
    try database.transaction { () throws(AccountsError) in
      try database.lockExclusively()
      try database.run(
        dialect.statement(
          """
          CREATE TABLE IF NOT EXISTS schema_version (
            version {integer} NOT NULL, oldest_program {integer} NOT NULL) {strict}
          """))
      let found = try layout(of: database)
      guard found < version else { return }
      for step in steps[Int(found)...] {
        for statement in step { try database.run(dialect.statement(statement)) }
      }
      if found == 0 { for statement in dialect.ownTables { try database.run(statement) } }
      try database.run("DELETE FROM schema_version")
      try database.run(
        "INSERT INTO schema_version (version, oldest_program) VALUES ($1, $2)",
        [.integer(version), .integer(oldestProgram)])
      for statement in dialect.earlyRefusal { try database.run(statement) }
    }
  }

  /// Reads the version of the tables; throws if they need a newer program.
  static func layout(of database: any Database) throws(AccountsError) -> Int64 {
    let rows = try database.run("SELECT version, oldest_program FROM schema_version")
    var (found, oldest) = (Int64(0), Int64(0))
    if let row = rows.first {
      (found, oldest) = (try row.integer(0), try row.integer(1))
    } else if let query = database.dialect.earlyVersion, let row = try database.run(query).first {
      found = try row.integer(0)
      oldest = found
    }
    guard found >= 0, oldest <= version else {
      throw AccountsError(
        .newerSchema,
        "the key store has layout \(found), this version of Iris knows \(version)")
    }
    return found
  }

  /// Returns whether the store has any key, including revoked ones.
  static func hasKeys(_ database: any Database) throws(AccountsError) -> Bool {
    try !database.run("SELECT 1 FROM api_key LIMIT 1").isEmpty
  }
}
