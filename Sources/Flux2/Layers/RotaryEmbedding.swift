import Glibc
import Tensors

/// The arrangement of an image's tokens, row by row.
public struct TokenGrid: Sendable, Equatable {
  /// Rows of tokens.
  public let rows: Int
  /// Tokens in a row.
  public let columns: Int
  /// Tokens of the image, `N`.
  public var count: Int { rows * columns }

  /// Describes a grid of at least one row and one column.
  public init(rows: Int, columns: Int) {
    precondition(rows > 0 && columns > 0, "a grid of \(rows) by \(columns) tokens")
    self.rows = rows
    self.columns = columns
  }
}

/// The position of a token on the four axes of the rotary embedding (spec §5).
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

  /// Returns the positions of the prompt's tokens, padding included.
  package static func text(length: Int) -> [PositionID] {
    (0..<length).map { PositionID(index: $0) }
  }

  /// Returns the positions of the tokens of the image being made, row by row.
  package static func image(_ grid: TokenGrid) -> [PositionID] {
    positions(grid, time: 0)
  }

  /// Returns the positions of the references' tokens, one reference after the other; each grid starts at
  /// (0, 0), and the `n`-th reference, counted from 0, lies at time `10 + 10n`.
  package static func references(_ grids: [TokenGrid]) -> [PositionID] {
    grids.enumerated().flatMap { positions($1, time: 10 + 10 * $0) }
  }

  private static func positions(_ grid: TokenGrid, time: Int) -> [PositionID] {
    (0..<grid.count).map {
      PositionID(time: time, row: $0 / grid.columns, column: $0 % grid.columns)
    }
  }
}

extension RotaryTable {
  /// Computes the transformer's table, for tokens with positions on four axes: axis `a` turns `axisDims[a]`
  /// features of each head by `position · base^(-2k / axisDims[a])`, consecutive features forming a pair
  /// (spec §4.5).
  ///
  /// Angles, cosines and sines are computed in double precision: in single, the table is off by 3e-5 at
  /// position 511.
  /// - Parameters:
  ///   - positions: One for each token, text before image.
  ///   - axisDims: Features for each of T, H, W, L.
  ///   - base: Base of the frequencies.
  init(_ positions: [PositionID], axisDims: [Int], base: Double) {
    let frequencies = axisDims.map { width in
      (0..<width / 2).map { 1 / pow(base, Double(2 * $0) / Double(width)) }
    }
    let pairCount = frequencies.reduce(0) { $0 + $1.count }
    var cosines: [Float] = []
    var sines: [Float] = []
    cosines.reserveCapacity(positions.count * pairCount)
    sines.reserveCapacity(positions.count * pairCount)
    for position in positions {
      for (axis, coordinate) in position.axes.enumerated() {
        for frequency in frequencies[axis] {
          cosines.append(Float(cos(Double(coordinate) * frequency)))
          sines.append(Float(sin(Double(coordinate) * frequency)))
        }
      }
    }
    let shape = [positions.count, pairCount]
    self.init(
      cosines: Tensor(shape: shape, elements: cosines),
      sines: Tensor(shape: shape, elements: sines), pairing: .interleaved)
  }
}

extension RotaryTable {
  /// Computes the text encoder's table, for consecutive positions: feature `j` forms a pair with `j + D/2`
  /// (spec §3).
  ///
  /// Frequencies and angles are single precision, as in the reference, unlike the transformer's.
  /// - Parameters:
  ///   - positionCount: The number of positions, from 0 on.
  ///   - headDim: Features of a head, `D`.
  ///   - base: Base of the frequencies.
  init(positionCount: Int, headDim: Int, base: Float) {
    let frequencies = (0..<headDim / 2).map { index in
      1 / powf(base, Float(2 * index) / Float(headDim))
    }
    let angles = (0..<positionCount).flatMap { position in
      frequencies.map { Float(position) * $0 }
    }
    let shape = [positionCount, frequencies.count]
    self.init(
      cosines: Tensor(shape: shape, elements: angles.map { cosf($0) }),
      sines: Tensor(shape: shape, elements: angles.map { sinf($0) }), pairing: .halves)
  }
}
