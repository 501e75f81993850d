/// How the tokens of an image are arranged, row by row.
public struct TokenGrid: Sendable, Equatable {
  /// Rows of tokens.
  public let rows: Int
  /// Tokens in a row.
  public let columns: Int
  /// Tokens of the image, `N`.
  public var count: Int { rows * columns }

  /// Describes a grid.
  public init(rows: Int, columns: Int) {
    precondition(rows > 0 && columns > 0, "a grid of \(rows) by \(columns) tokens")
    self.rows = rows
    self.columns = columns
  }
}
