/// Readings of the ledger and of what keys were used for.
enum Reports {
  /// Returns a page of the ledger, oldest first.
  static func ledger(
    _ query: PageQuery, in database: any Database
  ) throws(AccountsError) -> [LedgerEntry] {
    var values: [SQLValue] = [
      .integer(query.after), .integer(query.since?.microseconds ?? 0),
    ]
    var condition = ""
    if let account = query.account {
      values.append(.text(account))
      condition = "AND account_id = $3"
    }
    values.append(.integer(query.limit))
    let rows = try database.run(
      """
      SELECT seq, account_id, key_id, request_id, kind, amount_micro, images, note, at FROM ledger
      WHERE seq > $1 AND at >= $2 \(condition) ORDER BY seq LIMIT $\(values.count)
      """, values)
    var entries: [LedgerEntry] = []
    for row in rows { entries.append(try LedgerEntry(row)) }
    return entries
  }

  /// Returns what keys were used for, by period and key.
  static func usage(
    _ query: UsageQuery, in database: any Database
  ) throws(AccountsError) -> [Usage] {
    let table = query.isDaily ? "key_day" : "key_month"
    let period = query.isDaily ? "day" : "month"
    var values: [SQLValue] = []
    var conditions: [String] = []
    func filter(_ condition: String, _ value: SQLValue) {
      values.append(value)
      conditions.append("\(condition) $\(values.count)")
    }
    if let account = query.account { filter("k.account_id =", .text(account)) }
    if let key = query.key { filter("k.id =", .text(key)) }
    if let month = query.month {
      filter("u.\(period) >=", .integer(query.isDaily ? month.firstDay.number : month.number))
      filter(
        "u.\(period) <", .integer(query.isDaily ? month.next.firstDay.number : month.next.number))
    }
    let rows = try database.run(
      """
      SELECT k.account_id, k.id, k.name, k.mode, u.\(period), u.admitted, u.images, u.spent_micro
      FROM \(table) u JOIN api_key k ON k.id = u.key_id
      \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
      ORDER BY u.\(period), k.account_id, k.id
      """, values)
    var usage: [Usage] = []
    for row in rows { usage.append(try Usage(row, isDaily: query.isDaily)) }
    return usage
  }
}

extension LedgerEntry {
  fileprivate init(_ row: SQLRow) throws(AccountsError) {
    sequence = try row.integer(0)
    account = try row.text(1)
    key = try row.optionalText(2)
    request = try row.optionalText(3)
    guard let kind = Kind(rawValue: try row.text(4)) else {
      throw SQLRow.damaged("a ledger entry's kind")
    }
    self.kind = kind
    amount = try row.money(5)
    images = try row.integer(6)
    note = try row.text(7)
    at = try row.timestamp(8)
  }
}

extension Usage {
  fileprivate init(_ row: SQLRow, isDaily: Bool) throws(AccountsError) {
    account = try row.text(0)
    key = try row.text(1)
    name = try row.text(2)
    mode = try Token.Mode(stored: row.text(3))
    let number = try row.integer(4)
    period = isDaily ? UTCDay(number: number).text : UTCMonth(number: number).text
    requests = try row.integer(5)
    images = try row.integer(6)
    spent = try row.money(7)
  }
}
