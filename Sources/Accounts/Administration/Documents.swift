public import JSON

/// The records as JSON, as the command line and the administration over HTTP give them: amounts are
/// decimals in strings, times of RFC 3339, and what does not apply is left out.
extension Account {
  /// The account as JSON.
  public var document: JSONValue {
    .object([
      ("id", .string(id)), ("name", .string(name)),
      ("state", .string(isSuspended ? "suspended" : "active")), ("credit", .string(credit.text)),
      ("reserved", .string(reserved.text)), ("created", .string(created.text)),
    ])
  }
}

extension APIKey {
  /// The states of a key.
  public enum State: String, Sendable, CaseIterable {
    /// Its requests are admitted.
    case valid
    /// It has passed its last moment.
    case expired
    /// It was revoked.
    case revoked
  }

  /// The state at a time.
  public func state(at now: Timestamp) -> State {
    if revoked != nil { return .revoked }
    return expires.map { Timestamp($0) <= now } == true ? .expired : .valid
  }

  /// The members of the key as JSON.
  fileprivate var members: [(String, JSONValue?)] {
    let limits: JSONValue = .object([
      ("rpm", .integer(limits.requestsPerMinute)), ("rpd", .integer(limits.requestsPerDay)),
      ("concurrent", .integer(limits.concurrentRequests)),
      ("monthly_cap", .string(limits.monthlyCap.text)),
    ])
    return [
      ("id", .string(id)), ("name", .string(name)), ("account", .string(account)),
      ("mode", .string(mode.rawValue)), ("prefix", .string(prefix)), ("limits", limits),
      ("created", .string(Timestamp(created).text)),
      ("expires", expires.map { .string(Timestamp($0).text) }),
      ("revoked", revoked.map { .string(Timestamp($0).text) }),
    ]
  }

  /// The key as JSON, with its token where that is new.
  public func document(token: Token? = nil) -> JSONValue {
    .object(present: members + [("token", token.map { .string($0.text) })])
  }
}

extension KeyRecord {
  /// The key as JSON.
  public var document: JSONValue {
    .object(
      present: key.members + [
        ("last_used", lastUsed.map { .string($0.text) }),
        ("previous_token_until", previousTokenUntil.map { .string($0.text) }),
      ])
  }
}

extension LedgerEntry {
  /// The entry as JSON.
  public var document: JSONValue {
    .object(present: [
      ("sequence", .integer(sequence)), ("at", .string(at.text)), ("account", .string(account)),
      ("kind", .string(kind.rawValue)), ("amount", .string(amount.text)),
      ("images", .integer(images)), ("key", key.map { .string($0) }),
      ("request", request.map { .string($0) }), ("note", .string(note)),
    ])
  }
}

extension Usage {
  /// The use as JSON.
  public var document: JSONValue {
    .object([
      ("period", .string(period)), ("account", .string(account)), ("key", .string(key)),
      ("name", .string(name)), ("mode", .string(mode.rawValue)), ("requests", .integer(requests)),
      ("images", .integer(images)), ("spent", .string(spent.text)),
    ])
  }
}

extension RequestEntry {
  /// The request as JSON; `seconds` are from its admission to its end.
  public var document: JSONValue {
    .object(present: [
      ("id", .string(id)), ("key", .string(key)), ("account", .string(account)),
      ("mode", .string(mode.rawValue)), ("route", .string(endpoint)),
      ("state", .string(state.rawValue)), ("status", facts.status.map { .integer($0) }),
      ("outcome", outcome.map { .string($0) }),
      ("admitted", .string(admitted.text)), ("ended", ended.map { .string($0.text) }),
      (
        "seconds",
        ended.map { .number(Double($0.microseconds - admitted.microseconds) / 1_000_000) }
      ),
      ("queue_seconds", facts.queueSeconds.map { .number($0) }),
      ("render_seconds", facts.renderSeconds.map { .number($0) }),
      ("images", .integer(images)), ("charged_images", .integer(chargedImages)),
      ("unit_price", .string(unitPrice.text)), ("charged", .string(charged.text)),
      ("node", .string(node)),
    ])
  }
}

extension NodeRecord {
  /// The node as JSON.
  public var document: JSONValue {
    .object([
      ("id", .string(id)), ("starts", .integer(epoch)), ("last_seen", .string(heartbeat.text)),
      ("alive", .boolean(isAlive)), ("open_requests", .integer(openRequests)),
    ])
  }
}

extension AuditEntry {
  /// The entry as JSON.
  public var document: JSONValue {
    .object(present: [
      ("sequence", .integer(sequence)), ("at", .string(at.text)), ("actor", .string(actor)),
      ("action", .string(action)), ("subject", .string(subject)),
      ("before", Self.properties(before)), ("after", Self.properties(after)),
    ])
  }

  private static func properties(_ text: String) -> JSONValue? {
    text.isEmpty ? nil : try? JSONValue(Array(text.utf8))
  }
}
