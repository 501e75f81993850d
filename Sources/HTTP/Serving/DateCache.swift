import Glibc

/// The `Date` field's value (RFC 9110 §5.6.7), written anew once a second.
struct DateCache {
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private var second = time_t.min
  private var value = ""

  /// The value for a time in seconds since 1970; now, unless given.
  mutating func text(at seconds: time_t = time(nil)) -> String {
    guard seconds != second else { return value }
    second = seconds
    var parts = unsafe tm()
    var input = seconds
    unsafe gmtime_r(&input, &parts)
    let day = unsafe Self.twoDigits(parts.tm_mday)
    let clock = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map(Self.twoDigits)
    let date = unsafe "\(day) \(Self.months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
    value = unsafe "\(Self.days[Int(parts.tm_wday)]), \(date) \(clock.joined(separator: ":")) GMT"
    return value
  }

  private static func twoDigits(_ number: Int32) -> String {
    (number < 10 ? "0" : "") + "\(number)"
  }
}
