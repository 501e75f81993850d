/// The limits of a key: requests and spending in a time.
public struct KeyLimits: Sendable, Equatable {
  /// The limits of a key that is made without naming any.
  public static let standard = KeyLimits()
  /// The credit of an account that is made without naming any.
  public static let defaultCredit = Money(microUnits: 5_000_000)
  /// The largest count that a limit may be.
  public static let maximumCount: Int64 = 1_000_000
  /// The seconds for which the token before a rotation may stay valid.
  public static let overlapSeconds: ClosedRange<Int64> = 0...30 * 86_400
  /// Those of a rotation that does not say.
  public static let defaultOverlapSeconds: Int64 = 3600

  /// Requests that may be admitted in any 60 seconds.
  public var requestsPerMinute: Int64 = 60
  /// Requests that may be admitted in a day of UTC.
  public var requestsPerDay: Int64 = 10_000
  /// Requests that may be in progress at once.
  public var concurrentRequests: Int64 = 10
  /// The most that may be spent in a month of UTC.
  public var monthlyCap = Money(microUnits: 100_000_000)

  /// Creates the standard limits.
  public init() {}

  /// Throws `invalidValue` for a limit out of its range.
  func check() throws(AccountsError) {
    for (name, count) in [
      ("requests a minute", requestsPerMinute), ("requests a day", requestsPerDay),
      ("concurrent requests", concurrentRequests),
    ] where !(0...Self.maximumCount).contains(count) {
      throw AccountsError(
        .invalidValue, "the limit of \(name) is \(count); it may be from 0 to \(Self.maximumCount)")
    }
    guard monthlyCap >= .zero, monthlyCap <= .maximum else {
      throw AccountsError(
        .invalidValue,
        "the monthly cap is \(monthlyCap.text); it may be from 0 to \(Money.maximum.text)")
    }
  }
}
