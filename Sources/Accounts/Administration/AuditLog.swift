import FoundationEssentials
import JSON

/// The log of who changed what.
enum AuditLog {
  /// Records a change.
  static func record(
    _ action: String, of subject: String, by actor: String, before: JSONValue?, after: JSONValue,
    in database: any Database
  ) throws(AccountsError) {
    try database.run(
      """
      INSERT INTO audit (at, actor, action, subject, before, after)
      VALUES (\(database.dialect.now), $1, $2, $3, $4, $5)
      """,
      [
        .text(actor), .text(action), .text(subject), .text(before?.text(.sorted) ?? ""),
        .text(after.text(.sorted)),
      ])
  }

  /// Returns a page of entries, oldest first.
  static func entries(
    _ query: PageQuery, in database: any Database
  ) throws(AccountsError) -> [AuditEntry] {
    let rows = try database.run(
      """
      SELECT seq, at, actor, action, subject, before, after FROM audit
      WHERE seq > $1 AND at >= $2 ORDER BY seq LIMIT $3
      """,
      [.integer(query.after), .integer(query.since?.microseconds ?? 0), .integer(query.limit)])
    var entries: [AuditEntry] = []
    for row in rows {
      entries.append(
        AuditEntry(
          sequence: try row.integer(0), at: try row.timestamp(1), actor: try row.text(2),
          action: try row.text(3), subject: try row.text(4), before: try row.text(5),
          after: try row.text(6)))
    }
    return entries
  }
}

extension Account {
  /// The properties in the audit log.
  var audited: JSONValue {
    .object(present: [
      ("name", .string(name)), ("suspended", .boolean(isSuspended)),
      ("credit", .string(credit.text)),
    ])
  }
}

extension APIKey {
  /// The properties in the audit log.
  var audited: JSONValue {
    .object(present: [
      ("name", .string(name)), ("account", .string(account)), ("mode", .string(mode.rawValue)),
      ("prefix", .string(prefix)), ("rpm", .string("\(limits.requestsPerMinute)")),
      ("rpd", .string("\(limits.requestsPerDay)")),
      ("concurrent", .string("\(limits.concurrentRequests)")),
      ("monthly_cap", .string(limits.monthlyCap.text)),
      ("expires", expires.map { .string($0.ISO8601Format()) }),
      ("revoked", revoked.map { .string($0.ISO8601Format()) }),
    ])
  }
}
