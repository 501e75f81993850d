/// Whose credit the requests of some keys are charged to.
public struct Account: Sendable, Equatable {
  /// Stable identifier, safe to log: `acct_…`.
  public let id: String
  /// The operator's name for it.
  public let name: String
  /// True if its keys are refused.
  public let isSuspended: Bool
  /// The part of its credit that was not charged: the sum of its ledger.
  public let credit: Money
  /// The part of the credit that requests in progress hold.
  public let reserved: Money
  /// The creation time.
  public let created: Timestamp
}

/// A part of the accounts or of the keys, oldest first.
public struct ListQuery: Sendable {
  /// The account whose keys are asked for; nil for all.
  public var account: String?
  /// The account or key behind which to go on: the last one of the page before.
  public var after: String?
  /// The most of them.
  public var limit: Int64 = 1000

  /// Asks for the first thousand.
  public init(account: String? = nil) { self.account = account }
}

/// A key with what only its administration needs.
public struct KeyRecord: Sendable, Equatable {
  /// The key.
  public let key: APIKey
  /// The last admission of a request; nil if there was none.
  public let lastUsed: Timestamp?
  /// The time until which the token from before the last rotation is valid; nil if it is not.
  public let previousTokenUntil: Timestamp?
}

/// The properties of a key that is to be created.
public struct KeyDraft: Sendable {
  /// The operator's name for the key.
  public var name: String
  /// Live or test.
  public var mode: Token.Mode
  /// The account; nil for the default one.
  public var account: String?
  /// The key's limits.
  public var limits: KeyLimits
  /// The time from which the key is refused.
  public var expires: Timestamp?

  /// Creates the draft of a key of the default account.
  public init(name: String, mode: Token.Mode = .live, limits: KeyLimits = .standard) {
    self.name = name
    self.mode = mode
    self.limits = limits
  }
}

/// A change of a key; nil leaves a property as it is.
public struct KeyChange: Sendable {
  /// The name.
  public var name: String?
  /// The requests a minute.
  public var requestsPerMinute: Int64?
  /// The requests a day.
  public var requestsPerDay: Int64?
  /// The requests at once.
  public var concurrentRequests: Int64?
  /// The most that may be spent in a month.
  public var monthlyCap: Money?
  /// The time from which the key is refused; `.some(nil)` for never.
  public var expires: Timestamp??

  /// Creates a change of nothing.
  public init() {}

  /// The limits after the change.
  func limits(_ old: KeyLimits) -> KeyLimits {
    var limits = old
    limits.requestsPerMinute = requestsPerMinute ?? old.requestsPerMinute
    limits.requestsPerDay = requestsPerDay ?? old.requestsPerDay
    limits.concurrentRequests = concurrentRequests ?? old.concurrentRequests
    limits.monthlyCap = monthlyCap ?? old.monthlyCap
    return limits
  }
}
