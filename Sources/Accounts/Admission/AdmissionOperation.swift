/// Admits a request, or says why not, or what it repeats.
struct AdmissionOperation: Sendable {
  /// A decision, before the body of a kept answer is read.
  enum Decision: Sendable {
    case admitted(Reservation, RateLimit)
    case refused(Refusal, RateLimit?)
    case answered(KeptAnswer, RateLimit)
    case joined(request: String, RateLimit)
  }

  private enum Finding {
    case decided(Decision)
    /// The request that it repeats was in progress on a node that vanished, and is to be refunded first.
    case abandoned(request: String)
    /// It is to be admitted.
    case admissible(KeyStanding)
  }

  /// The wait for a request in progress elsewhere.
  private static let inProgressMilliseconds: Int64 = 1000

  let request: AdmissionRequest
  let node: NodeIdentity

  /// Decides without writing; nil if the request is likely to be admitted.
  func look(_ database: any Database) throws(AccountsError) -> Decision? {
    if case .decided(let decision) = try find(database) { return decision }
    return nil
  }

  /// Decides, and reserves if the decision is to admit; the account's lock must be held.
  func perform(_ database: any Database) throws(AccountsError) -> Decision {
    switch try find(database) {
    case .decided(let decision): return decision
    case .abandoned(let id):
      try Settlement(request: id, in: database)?.refund("lease_expired")
      return try perform(database)
    case .admissible(let standing):
      try reserve(standing, database)
      return .admitted(
        Reservation(id: request.id, account: request.account), standing.rateLimitAfterAdmission)
    }
  }

  private func find(_ database: any Database) throws(AccountsError) -> Finding {
    guard let standing = try KeyStanding(key: request.key, in: database) else {
      return .decided(.refused(Refusal(.unauthenticated), nil))
    }
    let figures = standing.rateLimit
    if let refusal = standing.accessRefusal { return .decided(.refused(refusal, figures)) }
    switch try Recollection(request, on: node, at: standing.now, in: database) {
    case .new: break
    case .mismatch: return .decided(.refused(Refusal(.idempotencyMismatch), figures))
    case .answered(let answer): return .decided(.answered(answer, figures))
    case .here(let id): return .decided(.joined(request: id, figures))
    case .elsewhere:
      let refusal = Refusal(.inProgress, retryMilliseconds: Self.inProgressMilliseconds)
      return .decided(.refused(refusal, figures))
    case .abandoned(let id): return .abandoned(request: id)
    }
    if let refusal = standing.limitRefusal(price: try price(standing)) {
      return .decided(.refused(refusal, figures))
    }
    return .admissible(standing)
  }

  /// The price that is reserved.
  private func price(_ standing: KeyStanding) throws(AccountsError) -> Money {
    standing.mode == .live ? try request.unitPrice.times(request.imageCount) : .zero
  }

  private func reserve(
    _ standing: KeyStanding, _ database: any Database
  ) throws(AccountsError) {
    let (now, day) = (standing.now, standing.day)
    let price = try price(standing)
    let unitPrice = standing.mode == .live ? request.unitPrice : .zero
    try database.queue(
      """
      INSERT INTO request (id, key_id, account_id, mode, endpoint, state, unit_micro, images, day,
        month, admitted_at, node, epoch, lease_until)
      VALUES ($1, $2, $3, $4, $5, 'reserved', $6, $7, $8, $9, $10, $11, $12, $13)
      """,
      [
        .text(request.id), .text(request.key), .text(request.account),
        .text(standing.mode.rawValue), .text(request.endpoint), .money(unitPrice),
        .integer(Int64(request.imageCount)), .integer(day.number), .integer(day.month.number),
        .time(now), .text(node.id), .integer(node.epoch),
        .time(now.adding(seconds: Reservation.leaseSeconds)),
      ])
    try count(day, price, at: now, database)
    if price > .zero {
      try database.queue(
        "UPDATE account SET reserved_micro = reserved_micro + $1 WHERE id = $2",
        [.money(price), .text(request.account)])
    }
    try remember(at: now, database)
  }

  private func count(
    _ day: UTCDay, _ price: Money, at now: Timestamp, _ database: any Database
  ) throws(AccountsError) {
    try database.queue(
      """
      INSERT INTO key_day (key_id, day, admitted, images, spent_micro, last_at)
      VALUES ($1, $2, 1, 0, 0, $3)
      ON CONFLICT (key_id, day)
      DO UPDATE SET admitted = key_day.admitted + 1, last_at = excluded.last_at
      """, [.text(request.key), .integer(day.number), .time(now)])
    try database.queue(
      """
      INSERT INTO key_month (key_id, month, reserved_micro, spent_micro, images, admitted)
      VALUES ($1, $2, $3, 0, 0, 1)
      ON CONFLICT (key_id, month)
      DO UPDATE SET reserved_micro = key_month.reserved_micro + excluded.reserved_micro,
        admitted = key_month.admitted + 1
      """, [.text(request.key), .integer(day.month.number), .money(price)])
  }

  /// Records by what the answer is found again.
  private func remember(at now: Timestamp, _ database: any Database) throws(AccountsError) {
    guard let handle = request.retry.handle(request.fingerprint) else { return }
    let kept = request.retry.keptSeconds
    try database.queue(
      """
      INSERT INTO replay (key_id, handle, fingerprint, request_id, kept_seconds, expires_at)
      VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (key_id, handle)
      DO UPDATE SET fingerprint = excluded.fingerprint, request_id = excluded.request_id,
        kept_seconds = excluded.kept_seconds, expires_at = excluded.expires_at, status = NULL,
        content_type = NULL, sha256 = NULL
      """,
      [
        .text(request.key), .text(handle), .blob(request.fingerprint), .text(request.id),
        .integer(kept), .time(now.adding(seconds: kept)),
      ])
  }
}
