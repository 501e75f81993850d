/// A table for people: a heading once, columns aligned, numbers to the right.
///
/// Rows come in pages; a column only grows, so that what was printed stays as it is.
package struct TextTable {
  /// A column.
  package struct Column {
    let title: String
    let isNumeric: Bool

    /// A column of text.
    package static func text(_ title: String) -> Column { Column(title: title, isNumeric: false) }
    /// A column of numbers.
    package static func number(_ title: String) -> Column { Column(title: title, isNumeric: true) }
  }

  private let columns: [Column]
  private var widths: [Int]
  private var hasHeading = false

  /// A table without rows.
  package init(_ columns: [Column]) {
    self.columns = columns
    widths = columns.map(\.title.count)
  }

  /// The lines of more rows, the first time under the heading.
  package mutating func lines(_ rows: [[String]]) -> [String] {
    let cells = rows.map { $0.map(TextFormat.singleLine) }
    for row in cells {
      for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) }
    }
    let heading = hasHeading ? [] : [columns.map(\.title)]
    hasHeading = true
    return (heading + cells).map(line)
  }

  /// The lines of one record: names on the left, values behind them.
  package static func record(_ members: [(String, String)]) -> [String] {
    let width = members.map(\.0.count).max() ?? 0
    return members.map { name, value in
      name + String(repeating: " ", count: width - name.count + 2) + TextFormat.singleLine(value)
    }
  }

  private func line(_ row: [String]) -> String {
    var line = ""
    for (index, cell) in row.enumerated() {
      let gap = String(repeating: " ", count: max(0, widths[index] - cell.count))
      let isLast = index == row.count - 1
      line += columns[index].isNumeric ? gap + cell : isLast ? cell : cell + gap
      if !isLast { line += "  " }
    }
    return line
  }
}
