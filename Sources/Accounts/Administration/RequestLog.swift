/// Readings of the requests that were admitted; they have no prompts and no images.
enum RequestLog {
  /// Returns a page of requests, the latest first.
  static func entries(
    _ query: RequestQuery, in database: any Database
  ) throws(AccountsError) -> [RequestEntry] {
    var filter = SQLFilter()
    if let key = query.key { filter.add("key_id =", .text(key)) }
    if let account = query.account { filter.add("account_id =", .text(account)) }
    if let state = query.state { filter.add("state =", .text(state.rawValue)) }
    if let status = query.status { filter.add("status =", .integer(status)) }
    if let since = query.since { filter.add("admitted_at >=", .time(since)) }
    if let until = query.until { filter.add("admitted_at <", .time(until)) }
    if let before = query.before {
      filter.add(
        "(admitted_at, id) <", .time(try admission(of: before, in: database)), .text(before))
    }
    let rows = try database.run(
      """
      SELECT id, key_id, account_id, mode, endpoint, state, unit_micro, images, charged_images,
        admitted_at, done_at, outcome, node, status, queue_micros, render_micros
      FROM request \(filter.clause) ORDER BY admitted_at DESC, id DESC LIMIT \(filter.next)
      """, filter.values + [.integer(query.limit)])
    return try rows.mapped { (row) throws(AccountsError) in try RequestEntry(row) }
  }

  private static func admission(
    of id: String, in database: any Database
  ) throws(AccountsError) -> Timestamp {
    let rows = try database.run("SELECT admitted_at FROM request WHERE id = $1", [.text(id)])
    guard let row = rows.first else {
      throw AccountsError(
        .invalidValue, "there is no request \(Identifier.shown(id)) to go on behind")
    }
    return try row.timestamp(0)
  }
}

extension RequestEntry {
  fileprivate init(_ row: SQLRow) throws(AccountsError) {
    id = try row.text(0)
    key = try row.text(1)
    account = try row.text(2)
    mode = try Token.Mode(stored: row.text(3))
    endpoint = try row.text(4)
    guard let state = State(rawValue: try row.text(5)) else {
      throw SQLRow.damaged("a request's state")
    }
    self.state = state
    unitPrice = try row.money(6)
    images = try row.integer(7)
    chargedImages = try row.integer(8)
    admitted = try row.timestamp(9)
    ended = try row.optionalTimestamp(10)
    outcome = try row.optionalText(11)
    node = try row.text(12)
    facts = RequestFacts(
      status: try row.optionalInteger(13).map { Int($0) },
      queueSeconds: try row.optionalInteger(14).map { Double($0) / 1e6 },
      renderSeconds: try row.optionalInteger(15).map { Double($0) / 1e6 })
  }
}
