import FoundationEssentials

/// Changes of keys, each with its line in the audit log; the lock of the key's account must be held.
struct KeyAdministration {
  /// Who makes the change.
  let actor: String
  let pepper: Pepper
  let database: any Database

  /// Creates a key.
  func create(_ draft: KeyDraft) throws(AccountsError) -> (key: APIKey, token: Token) {
    try AccountRecords.check(draft.name, "name")
    let account = draft.account ?? Schema.defaultAccount
    _ = try AccountRecords.account(account, in: database)
    let now = try database.now()
    if let expires = draft.expires, expires <= now {
      throw AccountsError(
        .invalidValue, "the key would have expired at \(expires.text), and it is \(now.text)")
    }
    let new = NewKey(
      name: draft.name, mode: draft.mode, account: account, limits: draft.limits,
      expires: draft.expires?.date, at: now.date)
    try KeyRecords.insert(new.key, hash: pepper.hash(new.token), in: database)
    try AuditLog.record(
      "key.create", of: new.key.id, by: actor, before: nil, after: new.key.document(), in: database)
    return (new.key, new.token)
  }

  /// Changes the name, limits or expiry of a key.
  func update(_ id: String, _ change: KeyChange) throws(AccountsError) -> APIKey {
    try changing("key.update", id) { (key) throws(AccountsError) in
      let limits = change.limits(key.limits)
      try limits.check()
      if let name = change.name { try AccountRecords.check(name, "name") }
      try database.run(
        """
        UPDATE api_key SET name = $1, rpm = $2, rpd = $3, concurrent = $4, cap_micro = $5,
          expires_at = $6 WHERE id = $7
        """,
        [
          .text(change.name ?? key.name), .integer(limits.requestsPerMinute),
          .integer(limits.requestsPerDay), .integer(limits.concurrentRequests),
          .money(limits.monthlyCap),
          .optional(change.expires ?? key.expires.map { Timestamp($0) }), .text(id),
        ])
    }
  }

  /// Gives a key another token; its id, limits and use stay.
  ///
  /// The token before is valid for a time yet, the one before that no longer.
  func rotate(
    _ id: String, overlapSeconds: Int64
  ) throws(AccountsError) -> (key: APIKey, token: Token) {
    guard KeyLimits.overlapSeconds.contains(overlapSeconds) else {
      throw AccountsError(
        .invalidValue,
        "an overlap of \(overlapSeconds) seconds is not from 0 to \(KeyLimits.overlapSeconds.upperBound)"
      )
    }
    let mode = try KeyRecords.key(id, in: database).mode
    var generator = SystemRandomNumberGenerator()
    let token = Token(mode: mode, using: &generator)
    let until = try database.now().adding(seconds: overlapSeconds)
    let key = try changing("key.rotate", id) { (key) throws(AccountsError) in
      guard key.revoked == nil else {
        throw AccountsError(.invalidValue, "\(id) is revoked; create another key")
      }
      try database.run(
        """
        UPDATE api_key SET previous_hash = hash, previous_until = $1, hash = $2, prefix = $3
        WHERE id = $4
        """, [.time(until), .blob(pepper.hash(token)), .text(token.prefix), .text(id)])
    }
    return (key, token)
  }

  /// Revokes a key permanently; has no effect on a revoked key.
  func revoke(_ id: String) throws(AccountsError) -> APIKey {
    try changing("key.revoke", id) { (_) throws(AccountsError) in
      try KeyRecords.revoke(id, in: database)
    }
  }

  private func changing(
    _ action: String, _ id: String, _ change: (APIKey) throws(AccountsError) -> Void
  ) throws(AccountsError) -> APIKey {
    let before = try KeyRecords.key(id, in: database)
    try change(before)
    let after = try KeyRecords.key(id, in: database)
    try AuditLog.record(
      action, of: id, by: actor, before: before.document(), after: after.document(), in: database)
    return after
  }
}
