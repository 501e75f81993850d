import Accounts

/// Understanding the values of accounts, keys and reports.
extension Invocation {
  /// An amount in the configured currency, or nil if the option is absent.
  func money(_ option: Option) throws(UsageError) -> Money? {
    guard let text = value(option) else { return nil }
    guard let amount = Money(text), amount >= .zero else {
      throw rejected(
        text, option, "an amount such as 5.00, with at most nine digits and six decimals")
    }
    return amount
  }

  /// A time, or nil if the option is absent.
  func time(_ option: Option, orWord word: String? = nil) throws(UsageError) -> Timestamp? {
    guard let text = value(option) else { return nil }
    guard let time = Timestamp(text) else {
      throw rejected(
        text, option,
        "a date such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z"
          + (word.map { ", or \($0)" } ?? ""))
    }
    return time
  }

  /// A month, or nil if the option is absent.
  func month(_ option: Option) throws(UsageError) -> UTCMonth? {
    guard let text = value(option) else { return nil }
    guard let month = UTCMonth(text) else {
      throw rejected(text, option, "a month such as 2026-11")
    }
    return month
  }

  /// A number of seconds with a unit, up to a longest time, or nil if the option is absent.
  func duration(_ option: Option, atMost longest: Int64) throws(UsageError) -> Int64? {
    guard let text = value(option) else { return nil }
    let units: [(suffix: String, seconds: Int64)] = [
      ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400),
    ]
    let unit = units.first { text.hasSuffix($0.suffix) }
    let digits = unit == nil ? text : String(text.dropLast())
    guard unit != nil || text == "0", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int64(digits), number <= longest / (unit?.seconds ?? 1)
    else {
      throw rejected(
        text, option, "a time such as 90s, 15m, 1h, 7d or 0, up to \(longest / 86_400)d")
    }
    return number * (unit?.seconds ?? 1)
  }

  /// The limits that are given, and those of `base` where none are.
  func limits(_ base: KeyLimits = .standard) throws(UsageError) -> KeyLimits {
    var limits = base
    let counts = 0...KeyLimits.maximumCount
    limits.requestsPerMinute = try integer(.rpm, in: counts) ?? base.requestsPerMinute
    limits.requestsPerDay = try integer(.rpd, in: counts) ?? base.requestsPerDay
    limits.concurrentRequests = try integer(.concurrent, in: counts) ?? base.concurrentRequests
    limits.monthlyCap = try money(.monthlyCap) ?? base.monthlyCap
    return limits
  }
}
