/// The use and the limits of a key and its account at one moment.
struct KeyStanding: Sendable, Equatable {
  /// The window of requests a minute.
  private static let windowMicroseconds: Int64 = 60_000_000
  /// The wait where the time is not known.
  private static let unknownWaitMilliseconds: Int64 = 1000

  let now: Timestamp
  let mode: Token.Mode
  let limits: KeyLimits
  let isKeyValid: Bool
  let isAccountActive: Bool
  /// The account's credit that is not reserved.
  let available: Money
  /// Requests that were admitted in the last 60 seconds.
  var admittedInWindow: Int64
  /// The last admission, if any.
  var lastAdmission: Timestamp?
  /// The admission whose end of the window lets another in; nil while one may come in.
  let blockingAdmission: Timestamp?
  /// Requests that were admitted today.
  let admittedToday: Int64
  /// Requests in progress.
  let inProgress: Int64
  /// The sum that was spent and is reserved this month.
  let monthlySpending: Money

  /// The day that requests count for now.
  var day: UTCDay { UTCDay(now) }

  /// The figures of requests a minute.
  var rateLimit: RateLimit {
    let reset = lastAdmission.map {
      now.milliseconds(until: Timestamp(microseconds: $0.microseconds + Self.windowMicroseconds))
    }
    return RateLimit(
      limit: limits.requestsPerMinute,
      remaining: max(0, limits.requestsPerMinute - admittedInWindow),
      resetMilliseconds: reset ?? 0)
  }

  /// The figures after one more admission.
  var rateLimitAfterAdmission: RateLimit {
    var later = self
    later.admittedInWindow += 1
    later.lastAdmission = now
    return later.rateLimit
  }

  /// Why the key may not ask for anything.
  var accessRefusal: Refusal? {
    if !isKeyValid { return Refusal(.unauthenticated) }
    if !isAccountActive { return Refusal(.accountSuspended) }
    return nil
  }

  /// Why a request of a price may not be admitted.
  func limitRefusal(price: Money) -> Refusal? {
    if admittedInWindow >= limits.requestsPerMinute {
      let end = (blockingAdmission ?? now).microseconds + Self.windowMicroseconds
      return Refusal(
        .requestsPerMinute,
        retryMilliseconds: now.milliseconds(until: Timestamp(microseconds: end)))
    }
    if admittedToday >= limits.requestsPerDay {
      return Refusal(.requestsPerDay, retryMilliseconds: now.milliseconds(until: day.end))
    }
    if inProgress >= limits.concurrentRequests {
      return Refusal(.concurrentRequests, retryMilliseconds: Self.unknownWaitMilliseconds)
    }
    if price > .zero, monthlySpending + price > limits.monthlyCap { return Refusal(.monthlyCap) }
    if price > available, price > .zero { return Refusal(.credit) }
    return nil
  }
}

extension KeyStanding {
  /// Reads the standing of a key; nil if there is no such key.
  ///
  /// Exact if the lock of the account is held, since then only the holder admits.
  init?(key: String, in database: any Database) throws(AccountsError) {
    guard let row = try database.run(Self.query(database.dialect), [.text(key)]).first else {
      return nil
    }
    now = try row.timestamp(9)
    mode = try Token.Mode(stored: row.text(0))
    limits = try KeyLimits(row, from: 1)
    let expiry = try row.optionalInteger(6) ?? .max
    isKeyValid = try row.optionalInteger(5) == nil && expiry > now.microseconds
    isAccountActive = try row.text(7) == "active"
    available = try row.money(8)
    admittedInWindow = try row.integer(10)
    lastAdmission = try row.optionalTimestamp(11)
    inProgress = try row.integer(12)
    admittedToday = try row.optionalInteger(13) ?? 0
    let (month, lastMonth) = (UTCDay(now).month, try row.optionalInteger(14) ?? 0)
    if lastMonth > month.number {
      monthlySpending = try Self.spending(of: key, month, in: database)
    } else {
      monthlySpending = lastMonth == month.number ? try row.money(15) : .zero
    }
    guard admittedInWindow >= limits.requestsPerMinute, limits.requestsPerMinute > 0 else {
      blockingAdmission = nil
      return
    }
    blockingAdmission = try database.run(
      """
      SELECT admitted_at FROM request WHERE key_id = $1 ORDER BY admitted_at DESC LIMIT 1 OFFSET $2
      """, [.text(key), .integer(limits.requestsPerMinute - 1)]
    ).first?.timestamp(0)
  }

  /// Reads everything at one moment, in one round trip; of the months it reads the last one.
  private static func query(_ dialect: SQLDialect) -> String {
    """
    SELECT k.mode, k.rpm, k.rpd, k.concurrent, k.cap_micro, k.revoked_at, k.expires_at, a.state,
      a.credit_micro - a.reserved_micro, t.micros,
      (SELECT count(*) FROM request r
        WHERE r.key_id = k.id AND r.admitted_at > t.micros - \(windowMicroseconds)),
      (SELECT max(r.admitted_at) FROM request r WHERE r.key_id = k.id),
      (SELECT count(*) FROM request r WHERE r.key_id = k.id AND r.state = 'reserved'),
      (SELECT d.admitted FROM key_day d
        WHERE d.key_id = k.id AND d.day = t.micros / \(UTCDay.microseconds)),
      (SELECT m.month FROM key_month m WHERE m.key_id = k.id ORDER BY m.month DESC LIMIT 1),
      (SELECT m.spent_micro + m.reserved_micro FROM key_month m
        WHERE m.key_id = k.id ORDER BY m.month DESC LIMIT 1)
    FROM (SELECT \(dialect.now) AS micros) AS t, api_key k JOIN account a ON a.id = k.account_id
    WHERE k.id = $1
    """
  }

  /// The sum spent in a month that is not the last one, since the database's clock was set back.
  private static func spending(
    of key: String, _ month: UTCMonth, in database: any Database
  ) throws(AccountsError) -> Money {
    let rows = try database.run(
      "SELECT spent_micro + reserved_micro FROM key_month WHERE key_id = $1 AND month = $2",
      [.text(key), .integer(month.number)])
    return try rows.first?.money(0) ?? .zero
  }
}

extension KeyLimits {
  /// Reads the columns `rpm, rpd, concurrent, cap_micro`, the first of them at `column`.
  init(_ row: SQLRow, from column: Int) throws(AccountsError) {
    requestsPerMinute = try row.integer(column)
    requestsPerDay = try row.integer(column + 1)
    concurrentRequests = try row.integer(column + 2)
    monthlyCap = try row.money(column + 3)
  }
}

extension Token.Mode {
  /// Reads a stored mode.
  init(stored text: String) throws(AccountsError) {
    guard let mode = Token.Mode(rawValue: text) else { throw SQLRow.damaged("a key's mode") }
    self = mode
  }
}
