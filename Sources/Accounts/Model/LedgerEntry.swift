/// A movement of an account's credit; entries are never changed or removed.
public struct LedgerEntry: Sendable, Equatable {
  /// The kinds of movement.
  public enum Kind: String, Sendable, CaseIterable {
    /// The operator credited or took back.
    case credit
    /// A request's finished images.
    case charge
  }

  /// The place in the ledger, ascending.
  public let sequence: Int64
  /// The account.
  public let account: String
  /// The key of a charge.
  public let key: String?
  /// The request of a charge.
  public let request: String?
  /// The kind of movement.
  public let kind: Kind
  /// The change of the credit; negative for a charge.
  public let amount: Money
  /// The images of a charge.
  public let images: Int64
  /// The operator's note on a credit.
  public let note: String
  /// The time.
  public let at: Timestamp
}

/// The use of a key in a day or in a month.
public struct Usage: Sendable, Equatable {
  /// The account.
  public let account: String
  /// The key.
  public let key: String
  /// The key's name.
  public let name: String
  /// Live or test.
  public let mode: Token.Mode
  /// The day, `2026-11-29`, or the month, `2026-11`.
  public let period: String
  /// The requests that were admitted.
  public let requests: Int64
  /// The finished images.
  public let images: Int64
  /// The sum that was charged.
  public let spent: Money

  /// A place in the report, by which its pages follow one another.
  public struct Place: Sendable, Equatable {
    let period: String
    let account: String
    let key: String

    /// The place of one line.
    public init(_ usage: Usage) {
      (period, account, key) = (usage.period, usage.account, usage.key)
    }

    /// Reads a place as ``text`` writes it.
    public init?(_ text: String) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      (period, account, key) = (String(parts[0]), String(parts[1]), String(parts[2]))
    }

    /// The place as text.
    public var text: String { "\(period):\(account):\(key)" }
  }
}

/// Whose use of which time is asked for.
public struct UsageQuery: Sendable {
  /// The account; nil for all.
  public var account: String?
  /// The key; nil for all.
  public var key: String?
  /// The month; nil for all.
  public var month: UTCMonth?
  /// By days instead of months.
  public var isDaily = false
  /// The place behind which to go on: that of the last one of the page before.
  public var after: Usage.Place?
  /// The most of them.
  public var limit: Int64 = 1000

  /// Asks for every month of everyone, the first thousand lines.
  public init() {}
}

/// Which entries of the ledger or of the audit log are asked for.
public struct PageQuery: Sendable {
  /// The account, of the ledger; nil for all.
  public var account: String?
  /// The key, of the ledger; nil for all, and for what no key did.
  public var key: String?
  /// The earliest time; nil for the beginning.
  public var since: Timestamp?
  /// The time before which it was; nil for the present.
  public var until: Timestamp?
  /// The sequence number after which to begin: the last one of the page before.
  public var after: Int64 = 0
  /// The most entries.
  public var limit: Int64 = 1000

  /// Asks for the first thousand entries.
  public init() {}
}

/// A change that an operator made.
public struct AuditEntry: Sendable, Equatable {
  /// The place in the log, ascending.
  public let sequence: Int64
  /// The time.
  public let at: Timestamp
  /// Who made the change.
  public let actor: String
  /// The kind of change: `key.update`.
  public let action: String
  /// The id of what was changed.
  public let subject: String
  /// The properties before, a JSON object; empty for something new.
  public let before: String
  /// The properties after, a JSON object.
  public let after: String
}
