import Accounts
import JSON

/// The records of the administration.
extension AdminDocument {
  static var schemas: [(String, JSONValue)] {
    [
      ("Error", OpenAPIDocument.errorSchema), ("Account", account), ("Key", key(hasToken: false)),
      ("NewKey", key(hasToken: true)), ("Usage", usage), ("LedgerEntry", ledgerEntry),
      ("Request", request), ("Node", node), ("AuditEntry", auditEntry), ("Check", check),
      ("Status", status),
      ("Session", OpenAPIDocument.object([], optional: [("csrf_token", string)])),
    ]
  }

  static let string = OpenAPIDocument.string
  static let integer = OpenAPIDocument.integer
  static let number: JSONValue = ["type": "number"]
  static let boolean: JSONValue = ["type": "boolean"]
  static let money: JSONValue = ["type": "string", "pattern": "^-?[0-9]+[.][0-9]{2,6}$"]
  static let time: JSONValue = ["type": "string", "format": "date-time"]
  private static let mode = words(Token.Mode.self)

  static func words<Word: RawRepresentable<String> & CaseIterable>(
    _ type: Word.Type
  ) -> JSONValue { ["enum": .array(type.allCases.map { .string($0.rawValue) })] }

  private static let account = OpenAPIDocument.object([
    ("id", string), ("name", string), ("state", ["enum": ["active", "suspended"]]),
    ("credit", money), ("reserved", money), ("created", time),
  ])

  private static func key(hasToken: Bool) -> JSONValue {
    let limits = OpenAPIDocument.object([
      ("rpm", integer), ("rpd", integer), ("concurrent", integer), ("monthly_cap", money),
    ])
    return OpenAPIDocument.object(
      [
        ("id", string), ("name", string), ("account", string), ("mode", mode), ("prefix", string),
        ("limits", limits), ("created", time),
      ] + (hasToken ? [("token", string)] : []),
      optional: [("expires", time), ("revoked", time)]
        + (hasToken ? [] : [("last_used", time), ("previous_token_until", time)]))
  }

  private static let usage = OpenAPIDocument.object([
    ("period", string), ("account", string), ("key", string), ("name", string), ("mode", mode),
    ("requests", integer), ("images", integer), ("spent", money),
  ])

  private static let ledgerEntry = OpenAPIDocument.object(
    [
      ("sequence", integer), ("at", time), ("account", string),
      ("kind", words(LedgerEntry.Kind.self)), ("amount", money), ("images", integer),
      ("note", string),
    ], optional: [("key", string), ("request", string)])

  private static let request = OpenAPIDocument.object(
    [
      ("id", string), ("key", string), ("account", string), ("mode", mode), ("route", string),
      ("state", words(RequestEntry.State.self)), ("admitted", time), ("images", integer),
      ("charged_images", integer), ("unit_price", money), ("charged", money), ("node", string),
    ],
    optional: [
      ("status", integer), ("outcome", string), ("ended", time), ("seconds", number),
      ("queue_seconds", number), ("render_seconds", number),
    ])

  private static let auditEntry = OpenAPIDocument.object(
    [
      ("sequence", integer), ("at", time), ("actor", string), ("action", string),
      ("subject", string), ("after", ["type": "object"]),
    ], optional: [("before", ["type": "object"])])

  private static let node = OpenAPIDocument.object([
    ("id", string), ("starts", integer), ("last_seen", time), ("alive", boolean),
    ("open_requests", integer),
  ])

  private static let check = OpenAPIDocument.object([
    ("sound", boolean), ("findings", ["type": "array", "items": string]),
  ])
}
