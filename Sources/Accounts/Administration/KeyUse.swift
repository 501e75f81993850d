public import JSON

/// A key at one moment, for its owner: what it has used of what it may.
public struct KeyUse: Sendable {
  /// The days before today of which the use is told.
  static let earlierDays: Int64 = 30

  /// The key.
  public let key: APIKey
  /// The use of each of the last days, without those on which nothing was admitted.
  public let days: [Usage]
  let standing: KeyStanding

  /// The use as JSON; `month_spent` includes what requests in progress hold, `credit` does not.
  public var document: JSONValue {
    [
      "object": "usage", "key": key.document(),
      "now": [
        "requests_in_minute": .integer(standing.admittedInWindow),
        "requests_today": .integer(standing.admittedToday),
        "in_progress": .integer(standing.inProgress),
        "month_spent": .string(standing.monthlySpending.text),
        "credit": .string(standing.available.text),
      ],
      "days": .array(
        days.map { day in
          [
            "day": .string(day.period), "requests": .integer(day.requests),
            "images": .integer(day.images), "spent": .string(day.spent.text),
          ]
        }),
    ]
  }
}

extension KeyUse {
  /// Reads the use of a key; throws `unauthenticated` if there is no such key.
  init(of key: APIKey, in database: any Database) throws(AccountsError) {
    guard let standing = try KeyStanding(key: key.id, in: database) else {
      throw AccountsError(.unauthenticated, "the API key is unknown")
    }
    var query = UsageQuery()
    query.key = key.id
    query.isDaily = true
    // No account and no key is before all others of the day.
    let first = UTCDay(number: standing.day.number - Self.earlierDays)
    query.after = Usage.Place("\(first.text)::")
    self.key = try KeyRecords.record(key.id, in: database).key
    self.standing = standing
    days = try Reports.usage(query, in: database)
  }
}
