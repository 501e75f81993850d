/// An amount in millionths of the deployment's currency.
public struct Money: Sendable, Hashable, Comparable {
  /// Nothing.
  public static let zero = Money(microUnits: 0)
  /// The most that an amount may be, so that sums of a billion amounts do not overflow.
  public static let maximum = Money(microUnits: 1_000_000_000_000_000)

  /// Millionths of one unit of the currency.
  public let microUnits: Int64

  /// Creates an amount.
  public init(microUnits: Int64) { self.microUnits = microUnits }

  /// Reads a decimal such as `5`, `-0.25` or `0.005`, with at most six decimals; returns nil for
  /// anything else, and for what is larger than ``maximum``.
  public init?(_ text: String) {
    var digits = Substring(text)
    let isNegative = digits.first == "-"
    if isNegative { digits.removeFirst() }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = parts.first,
      (1...9).contains(whole.utf8.count),
      parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let units = Int64(whole)
    else { return nil }
    var micro: Int64 = 0
    if parts.count == 2 {
      guard (1...6).contains(parts[1].utf8.count),
        let value = Int64(parts[1] + String(repeating: "0", count: 6 - parts[1].utf8.count))
      else { return nil }
      micro = value
    }
    let amount = units * 1_000_000 + micro
    guard amount <= Self.maximum.microUnits else { return nil }
    microUnits = isNegative ? -amount : amount
  }

  /// The amount with at least two decimals, and more if it has them: `5.00`, `0.005`.
  public var text: String {
    let magnitude = microUnits.magnitude
    var decimals = String(magnitude % 1_000_000)
    decimals = String(repeating: "0", count: 6 - decimals.utf8.count) + decimals
    while decimals.utf8.count > 2, decimals.hasSuffix("0") { decimals.removeLast() }
    return "\(microUnits < 0 ? "-" : "")\(magnitude / 1_000_000).\(decimals)"
  }

  /// The price of several images.
  /// - Throws: `invalidValue` if it is more than ``maximum``.
  public func times(_ count: Int) throws(AccountsError) -> Money {
    let (product, overflow) = microUnits.multipliedReportingOverflow(by: Int64(count))
    guard !overflow, product <= Self.maximum.microUnits else {
      throw AccountsError(.invalidValue, "the price of \(count) images is too large")
    }
    return Money(microUnits: product)
  }

  /// The sum; saturates rather than overflows, as no stored amount is near the limit.
  public static func + (a: Money, b: Money) -> Money {
    let (sum, overflow) = a.microUnits.addingReportingOverflow(b.microUnits)
    return Money(microUnits: overflow ? (b.microUnits < 0 ? .min : .max) : sum)
  }

  /// The difference; saturates as the sum does.
  public static func - (a: Money, b: Money) -> Money {
    let (sum, overflow) = a.microUnits.subtractingReportingOverflow(b.microUnits)
    return Money(microUnits: overflow ? (b.microUnits < 0 ? .max : .min) : sum)
  }

  /// True if `a` is less.
  public static func < (a: Money, b: Money) -> Bool { a.microUnits < b.microUnits }
}
