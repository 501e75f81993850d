import Accounts
import HTTP
import JSON
import Text

/// A parameter of the query, or a member of the body, of the administration.
struct AdminField: Sendable {
  /// The values that it takes.
  enum Kind: Sendable {
    /// A text of 1 to 200 characters, none of them a control character, as the store keeps it.
    case text
    /// The same, or an empty one.
    case note
    /// An id, or a place in a list.
    case identifier
    /// An amount of the currency, as a string: `5.00`.
    case amount
    /// An amount that may be negative.
    case signedAmount
    /// A whole number.
    case count(ClosedRange<Int64>)
    /// A date or a time of RFC 3339.
    case time
    /// The same, or null for never.
    case timeOrNever
    /// `2026-11`.
    case month
    /// One of some words.
    case choice([String])
  }

  /// A value that was understood.
  enum Value: Sendable {
    case text(String)
    case count(Int64)
    case amount(Money)
    case time(Timestamp)
    case month(UTCMonth)
    case never
  }

  /// The most bytes of a text, whose characters the store counts.
  private static let byteLimit = 1000

  let name: String
  let kind: Kind
  var isRequired = false
  let summary: String

  init(_ name: String, _ kind: Kind, isRequired: Bool = false, _ summary: String) {
    self.name = name
    self.kind = kind
    self.isRequired = isRequired
    self.summary = summary
  }

  /// Understands a parameter of the query.
  func read(_ text: ByteString) throws(APIError) -> Value {
    if case .count = kind {
      guard let number = text.decimal else { throw rejected }
      return try read(.integer(number))
    }
    return try read(.string(text))
  }

  /// Understands a member of the body.
  func read(_ value: JSONValue) throws(APIError) -> Value {
    switch (kind, value) {
    case (.timeOrNever, .null): return .never
    case (.count(let range), .number(let number)):
      guard let count = number.integer(as: Int64.self), range.contains(count) else {
        throw rejected
      }
      return .count(count)
    case (.count, _): throw rejected
    case (_, .string(let bytes)):
      guard let text = bytes.string(limit: Self.byteLimit), let value = read(text: text) else {
        throw rejected
      }
      return value
    default: throw rejected
    }
  }

  private func read(text: String) -> Value? {
    switch kind {
    case .text, .note, .identifier: .text(text)
    case .choice(let words): words.contains(text) ? .text(text) : nil
    case .amount: Money(text).flatMap { $0 >= .zero ? .amount($0) : nil }
    case .signedAmount: Money(text).map { .amount($0) }
    case .time, .timeOrNever: Timestamp(text).map { .time($0) }
    case .month: UTCMonth(text).map { .month($0) }
    case .count: nil
    }
  }

  private var rejected: APIError { .invalid(name, "\(name) must be \(allowed)") }

  private var allowed: String {
    switch kind {
    case .text, .note: "a text of at most 200 characters"
    case .identifier: "an id"
    case .amount: "an amount in a string, such as \"5.00\""
    case .signedAmount: "an amount in a string, such as \"5.00\" or \"-5.00\""
    case .count(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .time: "a date or a time such as 2026-12-31T18:00:00Z"
    case .timeOrNever: "a date or a time such as 2026-12-31T18:00:00Z, or null for never"
    case .month: "a month such as 2026-11"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    }
  }

  private static let times: [JSONValue] = [
    ["type": "string", "format": "date"], ["type": "string", "format": "date-time"],
  ]

  private static func plainText(minimumLength: Int) -> JSONValue {
    [
      "type": "string", "minLength": .integer(minimumLength), "maxLength": 200,
      "pattern": #"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"#,
    ]
  }

  /// The schema of its values.
  var schema: JSONValue {
    switch kind {
    case .text: Self.plainText(minimumLength: 1)
    case .note: Self.plainText(minimumLength: 0)
    case .identifier: ["type": "string"]
    case .amount: ["type": "string", "pattern": "^[0-9]{1,9}([.][0-9]{1,6})?$"]
    case .signedAmount: ["type": "string", "pattern": "^-?[0-9]{1,9}([.][0-9]{1,6})?$"]
    case .count(let range):
      [
        "type": "integer", "minimum": .integer(range.lowerBound),
        "maximum": .integer(range.upperBound),
      ]
    case .time: ["anyOf": .array(Self.times)]
    case .timeOrNever: ["anyOf": .array(Self.times + [["type": "null"]])]
    case .month: ["type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"]
    case .choice(let words): ["enum": .array(words.map { .string($0) })]
    }
  }
}
