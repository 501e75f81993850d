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
    var filter = SQLFilter()
    filter.add("seq >", .integer(query.after))
    if let since = query.since { filter.add("at >=", .time(since)) }
    if let until = query.until { filter.add("at <", .time(until)) }
    if let end = try database.settledEnd(of: "audit") { filter.add("seq <=", .integer(end)) }
    let rows = try database.run(
      """
      SELECT seq, at, actor, action, subject, before, after FROM audit
      \(filter.clause) ORDER BY seq LIMIT \(filter.next)
      """, filter.values + [.integer(query.limit)])
    return try rows.mapped { (row) throws(AccountsError) in
      AuditEntry(
        sequence: try row.integer(0), at: try row.timestamp(1), actor: try row.text(2),
        action: try row.text(3), subject: try row.text(4), before: try row.text(5),
        after: try row.text(6))
    }
  }
}
