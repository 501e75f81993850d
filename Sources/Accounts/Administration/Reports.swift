/// Readings of the ledger and of the use of keys.
enum Reports {
  /// Returns a page of the ledger, oldest first.
  static func ledger(
    _ query: PageQuery, in database: any Database
  ) throws(AccountsError) -> [LedgerEntry] {
    var filter = SQLFilter()
    filter.add("seq >", .integer(query.after))
    if let since = query.since { filter.add("at >=", .time(since)) }
    if let until = query.until { filter.add("at <", .time(until)) }
    if let account = query.account { filter.add("account_id =", .text(account)) }
    if let key = query.key { filter.add("key_id =", .text(key)) }
    if let end = try database.settledEnd(of: "ledger") { filter.add("seq <=", .integer(end)) }
    let rows = try database.run(
      """
      SELECT seq, account_id, key_id, request_id, kind, amount_micro, images, note, at FROM ledger
      \(filter.clause) ORDER BY seq LIMIT \(filter.next)
      """, filter.values + [.integer(query.limit)])
    return try rows.mapped { (row) throws(AccountsError) in try LedgerEntry(row) }
  }

  /// Returns a page of the use of keys, by period and key.
  static func usage(
    _ query: UsageQuery, in database: any Database
  ) throws(AccountsError) -> [Usage] {
    let table = query.isDaily ? "key_day" : "key_month"
    let period = query.isDaily ? "day" : "month"
    var filter = SQLFilter()
    if let account = query.account { filter.add("k.account_id =", .text(account)) }
    if let key = query.key { filter.add("k.id =", .text(key)) }
    if let month = query.month {
      let (first, end) =
        query.isDaily
        ? (month.firstDay.number, month.next.firstDay.number) : (month.number, month.next.number)
      filter.add("u.\(period) >=", .integer(first))
      filter.add("u.\(period) <", .integer(end))
    }
    if let last = query.after {
      let number = query.isDaily ? UTCDay(last.period)?.number : UTCMonth(last.period)?.number
      guard let number else {
        throw AccountsError(.invalidValue, "\(last.period) is no period to go on behind")
      }
      filter.add(
        "(u.\(period), k.account_id, k.id) >", .integer(number), .text(last.account),
        .text(last.key))
    }
    let rows = try database.run(
      """
      SELECT k.account_id, k.id, k.name, k.mode, u.\(period), u.admitted, u.images, u.spent_micro
      FROM \(table) u JOIN api_key k ON k.id = u.key_id \(filter.clause)
      ORDER BY u.\(period), k.account_id, k.id LIMIT \(filter.next)
      """, filter.values + [.integer(query.limit)])
    return try rows.mapped { (row) throws(AccountsError) in
      try Usage(row, isDaily: query.isDaily)
    }
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
