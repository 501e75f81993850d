import Accounts

/// Accounts, keys and reports.
extension Option {
  /// The options of these commands alone.
  static let administration: [Option] =
    [.account, .key, .credit, .note] + limits + [
      .expires, .overlap, .month, .since, .daily, .csv,
    ]
  /// The limits of a key.
  static let limits: [Option] = [.rpm, .rpd, .concurrent, .monthlyCap]

  package static let account = Option("account", "ID", "an account alone (default all)")
  package static let key = Option("key", "ID", "a key alone (default all)")
  package static let credit = Option(
    "credit", "AMOUNT", "its first credit (default \(KeyLimits.defaultCredit.text))")
  package static let note = Option("note", "TEXT", "what it is for, as the ledger keeps it")
  package static let rpm = Option("rpm", "N", "requests in any 60 seconds")
  package static let rpd = Option("rpd", "N", "requests in a day of UTC")
  package static let concurrent = Option("concurrent", "N", "requests in progress at once")
  package static let monthlyCap = Option(
    "monthly-cap", "AMOUNT", "the most it may spend in a month of UTC")
  package static let expires = Option(
    "expires", "DATE", "the time from which it is refused, as 2026-12-31 or 2026-12-31T18:00Z")
  package static let overlap = Option(
    "overlap", "TIME",
    "how long the token before stays valid, as 90s, 15m, 1h, 7d or 0 (default \(KeyLimits.defaultOverlapSeconds / 3600)h)"
  )
  package static let month = Option("month", "YYYY-MM", "a month of UTC alone (default all)")
  package static let since = Option(
    "since", "DATE", "from this time on, as 2026-11-01 or 2026-11-29T18:00Z (default all)")
  package static let daily = Option("daily", "by days instead of months")
  package static let csv = Option("csv", "print CSV for a spreadsheet (RFC 4180)")

  /// The value of a limit where a new key is given none; nil for other options.
  var standardLimit: String? {
    let limits = KeyLimits.standard
    return switch self {
    case .rpm: "\(limits.requestsPerMinute)"
    case .rpd: "\(limits.requestsPerDay)"
    case .concurrent: "\(limits.concurrentRequests)"
    case .monthlyCap: limits.monthlyCap.text
    default: nil
    }
  }
}
