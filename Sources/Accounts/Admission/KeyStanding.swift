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
    let found = try database.run(
      """
      SELECT k.mode, k.rpm, k.rpd, k.concurrent, k.cap_micro, k.revoked_at, k.expires_at, a.state,
        a.credit_micro - a.reserved_micro, \(database.dialect.now)
      FROM api_key k JOIN account a ON a.id = k.account_id WHERE k.id = $1
      """, [.text(key)])
    guard let row = found.first else { return nil }
    now = try row.timestamp(9)
    mode = try Token.Mode(stored: row.text(0))
    limits = try KeyLimits(row, from: 1)
    let expiry = try row.optionalInteger(6) ?? .max
    isKeyValid = try row.optionalInteger(5) == nil && expiry > now.microseconds
    isAccountActive = try row.text(7) == "active"
    available = try row.money(8)
    let day = UTCDay(now)
    let windowStart = now.microseconds - Self.windowMicroseconds
    let counts = try database.run(
      """
      SELECT (SELECT count(*) FROM request WHERE key_id = $1 AND admitted_at > $2),
        (SELECT max(admitted_at) FROM request WHERE key_id = $1),
        (SELECT count(*) FROM request WHERE key_id = $1 AND state = 'reserved'),
        (SELECT admitted FROM key_day WHERE key_id = $1 AND day = $3),
        (SELECT spent_micro + reserved_micro FROM key_month WHERE key_id = $1 AND month = $4)
      """,
      [.text(key), .integer(windowStart), .integer(day.number), .integer(day.month.number)])
    guard let counted = counts.first else { throw SQLRow.damaged("the use of a key") }
    admittedInWindow = try counted.integer(0)
    lastAdmission = try counted.optionalTimestamp(1)
    inProgress = try counted.integer(2)
    admittedToday = try counted.optionalInteger(3) ?? 0
    monthlySpending = Money(microUnits: try counted.optionalInteger(4) ?? 0)
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
