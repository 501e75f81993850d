/// Where a token lies on the four axes that the rotary embedding turns with (spec §5).
package struct PositionID: Sendable, Equatable {
  /// T: 0 for text and the image being made, 10, 20, … for references.
  var time = 0
  /// H: row in the image's own grid.
  var row = 0
  /// W: column in the image's own grid.
  var column = 0
  /// L: index in the prompt.
  var index = 0

  /// The position on each axis, in the order T, H, W, L.
  package var axes: [Int] { [time, row, column, index] }

  /// The prompt's tokens, padding included.
  package static func text(length: Int) -> [PositionID] {
    (0..<length).map { PositionID(index: $0) }
  }

  /// The tokens of the image being made, row by row.
  package static func image(_ grid: TokenGrid) -> [PositionID] {
    positions(grid, time: 0)
  }

  /// The tokens of the references, one after the other; each grid starts at (0, 0) and the `n`-th
  /// reference lies at time `10 + 10n`.
  package static func references(_ grids: [TokenGrid]) -> [PositionID] {
    grids.enumerated().flatMap { positions($1, time: 10 + 10 * $0) }
  }

  private static func positions(_ grid: TokenGrid, time: Int) -> [PositionID] {
    (0..<grid.count).map {
      PositionID(time: time, row: $0 / grid.columns, column: $0 % grid.columns)
    }
  }
}
