import FoundationEssentials

/// The keys' rows.
enum KeyRecords {
  static let columns = """
    id, name, mode, prefix, created_at, revoked_at, account_id, rpm, rpd, concurrent, cap_micro, \
    expires_at
    """

  /// Stores a new key.
  static func insert(
    _ key: APIKey, hash: [UInt8], in database: any Database
  ) throws(AccountsError) {
    try key.limits.check()
    try database.run(
      """
      INSERT INTO api_key (id, name, mode, prefix, hash, created_at, account_id, rpm, rpd, concurrent,
        cap_micro, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
      """,
      [
        .text(key.id), .text(key.name), .text(key.mode.rawValue), .text(key.prefix), .blob(hash),
        .time(Timestamp(key.created)), .text(key.account),
        .integer(key.limits.requestsPerMinute), .integer(key.limits.requestsPerDay),
        .integer(key.limits.concurrentRequests), .money(key.limits.monthlyCap),
        .optional(key.expires.map { Timestamp($0) }),
      ])
  }

  /// Returns a page of the keys with what their administration needs, oldest first.
  static func page(
    _ query: ListQuery, in database: any Database
  ) throws(AccountsError) -> [KeyRecord] {
    var filter = SQLFilter()
    if let account = query.account { filter.add("account_id =", .text(account)) }
    if let after = query.after {
      let last = try key(after, in: database)
      filter.add("(created_at, id) >", .time(Timestamp(last.created)), .text(last.id))
    }
    return try records(
      "\(filter.clause) ORDER BY created_at, id LIMIT \(filter.next)",
      filter.values + [.integer(query.limit)], in: database)
  }

  /// Returns the key with an id, with what its administration needs.
  /// - Throws: `unknownKey`.
  static func record(_ id: String, in database: any Database) throws(AccountsError) -> KeyRecord {
    guard let record = try records("WHERE id = $1", [.text(id)], in: database).first else {
      throw unknown(id)
    }
    return record
  }

  private static func records(
    _ selection: String, _ values: [SQLValue], in database: any Database
  ) throws(AccountsError) -> [KeyRecord] {
    let rows = try database.run(
      """
      SELECT \(columns), CASE WHEN previous_until > \(database.dialect.now) THEN previous_until END,
        (SELECT max(last_at) FROM key_day d WHERE d.key_id = api_key.id)
      FROM api_key \(selection)
      """, values)
    return try rows.mapped { (row) throws(AccountsError) in
      KeyRecord(
        key: try APIKey(row), lastUsed: try row.optionalTimestamp(13),
        previousTokenUntil: try row.optionalTimestamp(12))
    }
  }

  /// Returns the key with an id.
  /// - Throws: `unknownKey`.
  static func key(_ id: String, in database: any Database) throws(AccountsError) -> APIKey {
    let rows = try database.run("SELECT \(columns) FROM api_key WHERE id = $1", [.text(id)])
    guard let row = rows.first else { throw unknown(id) }
    return try APIKey(row)
  }

  /// Returns the key that a token's hash belongs to, unless it is expired or revoked.
  static func key(
    hash: [UInt8], in database: any Database
  ) throws(AccountsError) -> APIKey? {
    // The duration of the look-up may reveal how many leading bytes of a stored hash match. Without
    // the pepper an attacker cannot choose hashes, so this reveals nothing about a token.
    let rows = try database.run(
      """
      SELECT \(columns) FROM api_key
      WHERE (hash = $1 OR (previous_hash = $1 AND previous_until > \(database.dialect.now)))
        AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > \(database.dialect.now))
      """, [.blob(hash)])
    guard let row = rows.first else { return nil }
    return try APIKey(row)
  }

  /// Revokes a key permanently; has no effect on a revoked key.
  /// - Throws: `unknownKey`.
  static func revoke(_ id: String, in database: any Database) throws(AccountsError) {
    let rows = try database.run(
      """
      UPDATE api_key SET revoked_at = coalesce(revoked_at, \(database.dialect.now)) WHERE id = $1
      RETURNING id
      """, [.text(id)])
    guard !rows.isEmpty else { throw unknown(id) }
  }

  static func unknown(_ id: String) -> AccountsError {
    AccountsError(
      .unknownKey, "there is no key \(Identifier.shown(id)); `iris keys list` shows them")
  }
}

extension APIKey {
  /// Reads the columns of `KeyRecords.columns`.
  fileprivate init(_ row: SQLRow) throws(AccountsError) {
    id = try row.text(0)
    name = try row.text(1)
    mode = try Token.Mode(stored: row.text(2))
    prefix = try row.text(3)
    created = try row.timestamp(4).date
    revoked = try row.optionalTimestamp(5)?.date
    account = try row.text(6)
    limits = try KeyLimits(row, from: 7)
    expires = try row.optionalTimestamp(11)?.date
  }
}

/// A key that is not stored yet, with its token.
struct NewKey: Sendable {
  let key: APIKey
  let token: Token

  /// Draws a token and an id.
  init(
    name: String, mode: Token.Mode, account: String = Schema.defaultAccount,
    limits: KeyLimits = .standard, expires: Date? = nil, at now: Date
  ) {
    var generator = SystemRandomNumberGenerator()
    token = Token(mode: mode, using: &generator)
    key = APIKey(
      id: Identifier.make("key", using: &generator), name: name, mode: mode, prefix: token.prefix,
      created: Timestamp(now).date, revoked: nil,
      account: account, limits: limits, expires: expires)
  }
}

/// Printable ids: `key_…`, `acct_…`.
enum Identifier {
  /// An id for a message; a token that was given for one is not repeated.
  static func shown(_ id: String) -> String { Token(id) == nil ? id : "by the name of a token" }

  static func make(_ prefix: String, using generator: inout some RandomNumberGenerator) -> String {
    prefix + "_" + String(UInt64.random(in: .min ... .max, using: &generator), radix: 36)
  }
}
