/// Comma-separated values (RFC 4180), safe to open in a spreadsheet.
package enum CSVFormat {
  /// The end of a record.
  package static let lineBreak = "\r\n"

  /// A record without its line break.
  package static func record(_ cells: [String]) -> String {
    cells.map(cell).joined(separator: ",")
  }

  /// One cell, quoted where it must be.
  ///
  /// Spreadsheets compute what begins as a formula; an apostrophe in front makes it text. Amounts are
  /// numbers, and stay so.
  /// - Note: OWASP, *CSV Injection*.
  private static func cell(_ text: String) -> String {
    let begins = text.utf8.first.map { "=+-@\t\r".utf8.contains($0) } ?? false
    let guarded = begins && !isNumber(text) ? "'" + text : text
    guard guarded.utf8.contains(where: { "\",\r\n".utf8.contains($0) }) else { return guarded }
    return "\"" + guarded.replacing("\"", with: "\"\"") + "\""
  }

  private static func isNumber(_ text: String) -> Bool {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    return !digits.isEmpty
      && digits.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
  }
}
