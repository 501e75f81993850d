import Accounts
import JSON

/// The present state of the service, as `AdminStatus` writes it.
extension AdminDocument {
  static let status = OpenAPIDocument.object(
    [
      ("version", string), ("commit", string), ("ready", boolean), ("process", process),
      ("models", list(of: model)), ("queue", queue),
      ("renders_in_progress", list(of: activeRender)),
      ("memory", OpenAPIDocument.object([("limit_bytes", integer), ("reserved_bytes", integer)])),
      (
        "requests",
        list(
          of: OpenAPIDocument.object([
            ("route", string), ("status", integer), ("count", integer),
          ]))
      ),
      ("refusals", counts),
      ("renders", OpenAPIDocument.object([("count", integer), ("seconds", number)])),
      ("metering", metering),
    ], optional: [("trouble", string)])

  private static let counts: JSONValue = ["type": "object", "additionalProperties": integer]

  private static let process = OpenAPIDocument.object(
    [("cpu_seconds", number)],
    optional: [("started", time), ("resident_bytes", integer), ("open_files", integer)])

  private static let model = OpenAPIDocument.object(
    [
      ("id", string), ("aliases", list(of: string)), ("price", money), ("loaded", boolean),
      ("loras", list(of: string)),
      (
        "unusable_loras",
        list(of: OpenAPIDocument.object([("name", string), ("reason", string)]))
      ),
      (
        "cache",
        OpenAPIDocument.object([("hits", integer), ("misses", integer), ("bytes", integer)])
      ),
    ], optional: [("hash", string), ("precision", string), ("products", string)])

  private static let queue = OpenAPIDocument.object([
    ("waiting", integer), ("running", integer), ("slots", integer), ("seconds_until_empty", number),
  ])

  private static let activeRender = OpenAPIDocument.object([
    ("id", string), ("key", string), ("route", string), ("size", string),
    ("phase", words(RenderProgress.Phase.self)), ("step", integer), ("steps", integer),
    ("seconds", number),
  ])

  private static let metering = OpenAPIDocument.object([
    ("admissions", counts), ("charges", integer), ("charged", money), ("currency", string),
    ("refunds", counts),
  ])

  private static func list(of element: JSONValue) -> JSONValue {
    ["type": "array", "items": element]
  }
}
