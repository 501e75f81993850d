import Accounts
import FoundationEssentials

/// A key as `iris keys list` shows it.
struct KeyReport: Encodable {
  let id: String
  let name: String
  let mode: String
  /// The token's first characters.
  let prefix: String
  let created: String
  let revoked: String?

  init(_ key: APIKey) {
    id = key.id
    name = key.name
    mode = key.mode.rawValue
    prefix = key.prefix
    created = key.created.ISO8601Format()
    revoked = key.revoked?.ISO8601Format()
  }

  /// Columns under their headings.
  static func table(_ reports: [KeyReport]) -> [String] {
    let heading = ["ID", "TOKEN", "CREATED", "STATE", "NAME"]
    let rows =
      [heading]
      + reports.map {
        [
          $0.id, $0.prefix + "…", $0.created, $0.revoked == nil ? "valid" : "revoked",
          TerminalText.oneLine($0.name),
        ]
      }
    let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row.dropLast(), widths).map {
        $0 + String(repeating: " ", count: max(0, $1 - $0.count))
      }
      return (cells + row.suffix(1)).joined(separator: "  ")
    }
  }
}
