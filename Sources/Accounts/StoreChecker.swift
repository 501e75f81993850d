/// Proves from the tables that no money and no reservation was lost or made.
///
/// - every account's credit is the sum of its ledger, and what it has reserved that of its open requests
/// - what every key spent in a month is the sum of its charges, and that the price of its finished images
/// - every finished request of a live key has one charge of its price, and every charge such a request
/// - no reservation outlives its lease
struct StoreChecker {
  /// Reclaiming takes so many seconds after a lease has run out.
  static let graceSeconds: Int64 = 60

  /// A query whose every row is a finding.
  private struct Rule {
    /// The finding, with `%0`, `%1`, … for the columns.
    let finding: String
    let query: String
  }

  private static let charged = "unit_micro * charged_images"

  private static let rules = [
    Rule(
      finding: "account %0 has a credit of %1, and its ledger sums to %2",
      query: """
        SELECT id, credit_micro, total FROM (
          SELECT a.id, a.credit_micro, CAST(coalesce((SELECT sum(amount_micro) FROM ledger l
            WHERE l.account_id = a.id), 0) AS BIGINT) AS total FROM account a) AS sums
        WHERE credit_micro <> total
        """),
    Rule(
      finding: "account %0 has %1 reserved, and its open requests hold %2",
      query: """
        SELECT id, reserved_micro, total FROM (
          SELECT a.id, a.reserved_micro, CAST(coalesce((SELECT sum(unit_micro * images) FROM request r
            WHERE r.account_id = a.id AND r.state = 'reserved'), 0) AS BIGINT) AS total
          FROM account a) AS sums
        WHERE reserved_micro <> total
        """),
    Rule(
      finding: "key %0 has %2 reserved in month %1, and its open requests hold %3",
      query: """
        SELECT key_id, month, reserved_micro, total FROM (
          SELECT m.key_id, m.month, m.reserved_micro, CAST(coalesce((
            SELECT sum(unit_micro * images) FROM request r WHERE r.key_id = m.key_id
              AND r.month = m.month AND r.state = 'reserved'), 0) AS BIGINT) AS total
          FROM key_month m) AS sums
        WHERE reserved_micro <> total
        """),
    Rule(
      finding: "key %0 spent %2 on %3 images in month %1, and was charged %4 for %5",
      query: """
        SELECT key_id, month, spent_micro, images, charged, paid FROM (
          SELECT m.key_id, m.month, m.spent_micro, m.images,
            CAST(coalesce((SELECT -sum(amount_micro) FROM ledger l WHERE l.key_id = m.key_id
              AND l.month = m.month AND l.kind = 'charge'), 0) AS BIGINT) AS charged,
            CAST(coalesce((SELECT sum(images) FROM ledger l WHERE l.key_id = m.key_id
              AND l.month = m.month AND l.kind = 'charge'), 0) AS BIGINT) AS paid
          FROM key_month m JOIN api_key k ON k.id = m.key_id WHERE k.mode = 'live') AS sums
        WHERE spent_micro <> charged OR images <> paid
        """),
    Rule(
      finding: "test key %0 spent %1",
      query: """
        SELECT m.key_id, m.spent_micro + m.reserved_micro FROM key_month m
        JOIN api_key k ON k.id = m.key_id
        WHERE k.mode = 'test' AND m.spent_micro + m.reserved_micro <> 0
        """),
    Rule(
      finding: "key %0 has %1 images for %2 by its days, and %3 for %4 by its months",
      query: """
        SELECT id, day_images, day_spent, month_images, month_spent FROM (
          SELECT k.id,
            CAST(coalesce((SELECT sum(images) FROM key_day d WHERE d.key_id = k.id), 0) AS BIGINT)
              AS day_images,
            CAST(coalesce((SELECT sum(spent_micro) FROM key_day d WHERE d.key_id = k.id), 0)
              AS BIGINT) AS day_spent,
            CAST(coalesce((SELECT sum(images) FROM key_month m WHERE m.key_id = k.id), 0) AS BIGINT)
              AS month_images,
            CAST(coalesce((SELECT sum(spent_micro) FROM key_month m WHERE m.key_id = k.id), 0)
              AS BIGINT) AS month_spent
          FROM api_key k) AS sums
        WHERE day_images <> month_images OR day_spent <> month_spent
        """),
    Rule(
      finding: "request %0 finished, and its charge is %1 instead of %2",
      query: """
        SELECT r.id, l.amount_micro, -\(charged) FROM request r
        LEFT JOIN ledger l ON l.request_id = r.id
        WHERE r.state = 'settled' AND r.mode = 'live'
          AND (l.amount_micro IS NULL OR l.amount_micro <> -(\(charged))
            OR l.images <> charged_images OR l.account_id <> r.account_id OR l.key_id <> r.key_id)
        """),
    Rule(
      finding: "request %0 was charged, and is %1",
      query: """
        SELECT r.id, r.state FROM ledger l JOIN request r ON r.id = l.request_id
        WHERE r.state <> 'settled' OR r.mode <> 'live'
        """),
    Rule(
      finding: "the answer of request %0 is kept, and the request is in progress",
      query: """
        SELECT r.id FROM replay p JOIN request r ON r.id = p.request_id
        WHERE p.status IS NOT NULL AND r.state = 'reserved'
        """),
  ]

  /// Returns a line for everything that does not hold; none if all does.
  static func findings(in database: any Database) throws(AccountsError) -> [String] {
    try database.snapshot { () throws(AccountsError) in
      var findings: [String] = []
      if let query = database.dialect.integrityCheck {
        for row in try database.run(query) where row != SQLRow([.text("ok")]) {
          findings.append("the database is damaged: \(try row.text(0))")
        }
      }
      for rule in rules {
        for row in try database.run(rule.query) { findings.append(rule.finding.filled(with: row)) }
      }
      return try findings + leases(in: database) + removedRequests(in: database)
    }
  }

  private static func leases(in database: any Database) throws(AccountsError) -> [String] {
    let rows = try database.run(
      """
      SELECT id, node FROM request
      WHERE state = 'reserved' AND lease_until < \(database.dialect.now) - $1
      """, [.integer(graceSeconds * 1_000_000)])
    return rows.map { "request %0 of node %1 outlived its lease".filled(with: $0) }
  }

  /// Charges whose request is gone, though none of that time was removed.
  private static func removedRequests(
    in database: any Database
  ) throws(AccountsError) -> [String] {
    let swept = try database.property(Sweep.sweptProperty).flatMap {
      Int64(String(decoding: $0, as: UTF8.self))
    }
    let rows = try database.run(
      """
      SELECT l.request_id FROM ledger l LEFT JOIN request r ON r.id = l.request_id
      WHERE l.kind = 'charge' AND r.id IS NULL AND l.at >= $1
      """, [.integer(swept ?? 0)])
    return rows.map { "request %0 was charged, and there is no such request".filled(with: $0) }
  }
}

extension String {
  /// Puts the columns of a row in place of `%0`, `%1`, ….
  fileprivate func filled(with row: SQLRow) -> String {
    row.values.enumerated().reduce(self) { text, column in
      let value =
        switch column.element {
        case .null: "nothing"
        case .integer(let number): "\(number)"
        case .text(let text): text
        case .blob(let bytes): "\(bytes.count) bytes"
        }
      return text.replacing("%\(column.offset)", with: value)
    }
  }
}
