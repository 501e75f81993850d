/// The end of a reservation: its price is charged or given back, in one transaction.
///
/// Only a reservation that is still open can be ended, and only once; the account's lock must be held.
struct Settlement {
  /// The end of a reservation that was to be settled.
  enum Outcome: Sendable, Equatable {
    /// It is charged, now or by an earlier call.
    case settled
    /// It was refunded before, since its lease had run out: it must not be delivered.
    case reclaimed
  }

  private let request: String
  private let account: String
  private let key: String
  private let isLive: Bool
  private let unitPrice: Money
  private let imageCount: Int64
  private let day: UTCDay
  private let database: any Database
  private let now: Timestamp

  /// Reads a reservation that is open; nil if there is none with this id.
  init?(request: String, in database: any Database) throws(AccountsError) {
    let found = try database.run(
      """
      SELECT account_id, key_id, mode, unit_micro, images, day, \(database.dialect.now)
      FROM request WHERE id = $1 AND state = 'reserved'
      """, [.text(request)])
    guard let row = found.first else { return nil }
    self.request = request
    self.database = database
    account = try row.text(0)
    key = try row.text(1)
    isLive = try Token.Mode(stored: row.text(2)) == .live
    unitPrice = try row.money(3)
    imageCount = try row.integer(4)
    day = UTCDay(number: try row.integer(5))
    now = try row.timestamp(6)
  }

  /// Charges finished images, and keeps the answer if it may be asked for again.
  static func settle(
    _ reservation: Reservation, images: Int, answer: KeptAnswer?, facts: RequestFacts,
    in database: any Database
  ) throws(AccountsError) -> Outcome {
    guard let open = try Settlement(request: reservation.id, in: database) else {
      let found = try database.run(
        "SELECT state FROM request WHERE id = $1", [.text(reservation.id)])
      return try found.first?.text(0) == "settled" ? .settled : .reclaimed
    }
    guard (1...open.imageCount).contains(Int64(images)) else {
      throw AccountsError(
        .invalidValue, "\(images) images were made, and \(open.imageCount) are reserved")
    }
    try open.end(as: "settled", charged: Int64(images), outcome: "ok", facts)
    try open.charge(Int64(images))
    try open.keep(answer)
    return .settled
  }

  /// Gives the price back.
  /// - Parameters:
  ///   - reason: Why, in a word.
  ///   - answer: The answer to keep, if the failure is to be repeated to a retry; without one, a retry
  ///     is a new request.
  ///   - facts: What is known of its answer.
  func refund(
    _ reason: String, answer: KeptAnswer? = nil, facts: RequestFacts = RequestFacts()
  ) throws(AccountsError) {
    try end(as: "refunded", charged: 0, outcome: reason, facts)
    if let answer { try keep(answer) }
  }

  private func end(
    as state: String, charged: Int64, outcome: String, _ facts: RequestFacts
  ) throws(AccountsError) {
    let reserved = try unitPrice.times(Int(imageCount))
    let spent = try unitPrice.times(Int(charged))
    try database.queue(
      """
      UPDATE request SET state = $1, done_at = $2, outcome = $3, charged_images = $4, status = $5,
        queue_micros = $6, render_micros = $7 WHERE id = $8
      """,
      [
        .text(state), .time(now), .text(outcome), .integer(charged),
        .optional(facts.status.map { Int64($0) }), .duration(facts.queueSeconds),
        .duration(facts.renderSeconds), .text(request),
      ])
    try database.queue(
      """
      UPDATE key_month SET reserved_micro = reserved_micro - $1, spent_micro = spent_micro + $2,
        images = images + $3 WHERE key_id = $4 AND month = $5
      """,
      [
        .money(reserved), .money(spent), .integer(charged), .text(key),
        .integer(day.month.number),
      ])
    guard reserved > .zero else { return }
    try database.queue(
      """
      UPDATE account SET reserved_micro = reserved_micro - $1, credit_micro = credit_micro - $2
      WHERE id = $3
      """, [.money(reserved), .money(spent), .text(account)])
  }

  /// Records finished images in the day's use, and of a live key in the ledger.
  private func charge(_ images: Int64) throws(AccountsError) {
    let amount = try unitPrice.times(Int(images))
    try database.queue(
      """
      UPDATE key_day SET images = images + $1, spent_micro = spent_micro + $2
      WHERE key_id = $3 AND day = $4
      """, [.integer(images), .money(amount), .text(key), .integer(day.number)])
    guard isLive else { return }
    try database.queue(
      """
      INSERT INTO ledger (account_id, key_id, request_id, kind, amount_micro, images, month, note, at)
      VALUES ($1, $2, $3, 'charge', $4, $5, $6, '', $7)
      """,
      [
        .text(account), .text(key), .text(request), .money(.zero - amount), .integer(images),
        .integer(day.month.number), .time(now),
      ])
  }

  /// Keeps the answer of a request that may be repeated; without an answer there is nothing to repeat.
  private func keep(_ answer: KeptAnswer?) throws(AccountsError) {
    guard let answer else {
      try database.queue("DELETE FROM replay WHERE request_id = $1", [.text(request)])
      return
    }
    try database.queue(
      """
      UPDATE replay SET status = $1, content_type = $2, sha256 = $3,
        expires_at = $4 + kept_seconds * 1000000 WHERE request_id = $5
      """,
      [
        .integer(Int64(answer.status)), .text(answer.contentType), .blob(answer.digest), .time(now),
        .text(request),
      ])
  }
}

extension SQLValue {
  /// A duration in whole microseconds, or NULL.
  fileprivate static func duration(_ seconds: Double?) -> SQLValue {
    .optional(seconds.flatMap { Int64(exactly: ($0 * 1e6).rounded()) })
  }
}
