/// The knowledge of the request that another repeats.
enum Recollection: Sendable, Equatable {
  /// Nothing that could be given or waited for: the request is a new one.
  case new
  /// It was another request under the same idempotency key.
  case mismatch
  /// It ended with a kept answer.
  case answered(KeptAnswer)
  /// It is in progress on the asking node.
  case here(request: String)
  /// It is in progress on another node.
  case elsewhere
  /// It was in progress on a node that vanished: its lease has run out.
  case abandoned(request: String)

  /// Looks for the request that `request` repeats.
  init(
    _ request: AdmissionRequest, on node: NodeIdentity, at now: Timestamp,
    in database: any Database
  ) throws(AccountsError) {
    self = .new
    if case .fingerprint(isRetry: false) = request.retry { return }
    guard let handle = request.retry.handle(request.fingerprint) else { return }
    let found = try database.run(
      """
      SELECT p.request_id, p.fingerprint, p.expires_at, p.status, p.content_type, p.sha256,
        q.state, q.node, q.epoch, q.lease_until
      FROM replay p LEFT JOIN request q ON q.id = p.request_id
      WHERE p.key_id = $1 AND p.handle = $2
      """, [.text(request.key), .text(handle)])
    guard let row = found.first else { return }
    let id = try row.text(0)
    let isOpen = try row.optionalText(6) == "reserved"
    let status = try row.optionalInteger(3)
    // One that was refunded without an answer is as if it had never been.
    let isFresh = try row.timestamp(2) > now
    guard isOpen || (status != nil && isFresh) else { return }
    guard try row.blob(1) == request.fingerprint else {
      self = .mismatch
      return
    }
    if let status {
      self = .answered(
        KeptAnswer(
          request: id, status: Int(status), contentType: try row.text(4), digest: try row.blob(5)))
    } else if isOpen {
      if try row.timestamp(9) <= now {
        self = .abandoned(request: id)
      } else if try row.text(7) == node.id, try row.integer(8) == node.epoch {
        self = .here(request: id)
      } else {
        self = .elsewhere
      }
    }
  }
}

extension Recollection {
  /// True if a handle of a key is known, so that its request may be a repetition.
  static func isKnown(
    _ handle: String, of key: String, at now: Timestamp, in database: any Database
  ) throws(AccountsError) -> Bool {
    try !database.run(
      "SELECT 1 FROM replay WHERE key_id = $1 AND handle = $2 AND expires_at > $3",
      [.text(key), .text(handle), .time(now)]
    ).isEmpty
  }
}
