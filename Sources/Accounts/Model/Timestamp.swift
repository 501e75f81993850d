public import FoundationEssentials

/// A time in whole microseconds since 1970, UTC, as the store's database says it.
public struct Timestamp: Sendable, Hashable, Comparable {
  /// Microseconds since 1970, UTC.
  public let microseconds: Int64

  /// Creates a time.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Creates a time from a date of this century or thereabouts.
  public init(_ date: Date) { microseconds = Int64((date.timeIntervalSince1970 * 1e6).rounded()) }

  /// The time as a date.
  public var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1e6) }

  /// The time that is later by a number of seconds.
  public func adding(seconds: Int64) -> Timestamp {
    Timestamp(microseconds: microseconds + seconds * 1_000_000)
  }

  /// The whole milliseconds until a later time, rounded up; 0 if it is past.
  public func milliseconds(until later: Timestamp) -> Int64 {
    max(0, (later.microseconds - microseconds + 999) / 1000)
  }

  /// True if `a` is earlier.
  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }
}

/// A day of UTC, by which requests a day are counted.
public struct UTCDay: Sendable, Hashable, Comparable {
  static let microseconds: Int64 = 86_400_000_000

  /// Days since 1 January 1970.
  public let number: Int64

  /// Creates a day.
  public init(number: Int64) { self.number = number }

  /// The day of a time.
  public init(_ time: Timestamp) {
    let (quotient, remainder) = time.microseconds.quotientAndRemainder(
      dividingBy: Self.microseconds)
    number = remainder < 0 ? quotient - 1 : quotient
  }

  /// The day of a date in the Gregorian calendar; nil for one that there is not, and before 1970.
  init?(year: Int64, month: Int64, day: Int64) {
    guard (1970...9999).contains(year), (1...12).contains(month) else { return nil }
    let civil = UTCMonth(number: year * 100 + month)
    let first = civil.firstDay.number
    guard day >= 1, day <= civil.next.firstDay.number - first else { return nil }
    number = first + day - 1
  }

  /// Reads `2026-11-29`; returns nil for anything else.
  init?(_ text: String) {
    guard text.utf8.count == 10, let moment = Timestamp(text) else { return nil }
    self.init(moment)
  }

  /// The first moment.
  public var start: Timestamp { Timestamp(microseconds: number * Self.microseconds) }

  /// The first moment of the next day.
  public var end: Timestamp { Timestamp(microseconds: (number + 1) * Self.microseconds) }

  /// The month of the day.
  public var month: UTCMonth {
    let date = civil
    return UTCMonth(number: date.year * 100 + date.month)
  }

  /// `2026-11-29`.
  public var text: String {
    let date = civil
    let day = date.day < 10 ? "0\(date.day)" : "\(date.day)"
    return "\(UTCMonth(number: date.year * 100 + date.month).text)-\(day)"
  }

  /// The date in the Gregorian calendar.
  /// - Note: Hinnant, *chrono-Compatible Low-Level Date Algorithms*, `civil_from_days`.
  private var civil: (year: Int64, month: Int64, day: Int64) {
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }

  /// True if `a` is earlier.
  public static func < (a: UTCDay, b: UTCDay) -> Bool { a.number < b.number }
}

/// A month of UTC, by which spending is capped.
public struct UTCMonth: Sendable, Hashable, Comparable {
  /// The year times 100, plus the month from 1: 202611.
  public let number: Int64

  /// Creates a month.
  public init(number: Int64) { self.number = number }

  /// Reads `2026-11`; returns nil for anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 7, bytes[4] == UInt8(ascii: "-"),
      let year = Int64(text.prefix(4)), let month = Int64(text.suffix(2)),
      bytes.allSatisfy({ $0 == UInt8(ascii: "-") || (48...57).contains($0) }),
      year >= 1970, (1...12).contains(month)
    else { return nil }
    number = year * 100 + month
  }

  /// The month after it.
  public var next: UTCMonth {
    UTCMonth(number: number % 100 == 12 ? number + 89 : number + 1)
  }

  /// The first day.
  /// - Note: Hinnant, *chrono-Compatible Low-Level Date Algorithms*, `days_from_civil`.
  public var firstDay: UTCDay {
    let month = number % 100
    let year = number / 100 - (month <= 2 ? 1 : 0)
    let yearOfEra = year % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return UTCDay(number: year / 400 * 146_097 + dayOfEra - 719_468)
  }

  /// `2026-11`.
  public var text: String {
    let month = number % 100
    return "\(number / 100)-\(month < 10 ? "0" : "")\(month)"
  }

  /// True if `a` is earlier.
  public static func < (a: UTCMonth, b: UTCMonth) -> Bool { a.number < b.number }
}
