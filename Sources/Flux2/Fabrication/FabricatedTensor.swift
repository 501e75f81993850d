import Hashing
import Tensors
import Weights

/// A tensor of random weights, described before any of it exists.
struct FabricatedTensor: Sendable {
  /// Rows whose weights are alike.
  struct Band: Sendable {
    /// The mean of the weights, in deviations.
    var mean: Float = 0
    /// One factor for each row.
    let rows: [Float]
    /// The weights' deviation in each column.
    let columns: [Float]
    /// Bands of one stream and equal widths have the same numbers before their scales; nil for numbers of its own.
    var stream: String?
  }

  /// The name in the checkpoint.
  let name: String
  /// The extent of each axis.
  let shape: [Int]
  /// The bands from the first row to the last.
  let bands: [Band]
  /// True to store the lower half of the rows before the upper one.
  var beginsInMiddle = false

  /// A linear layer or a convolution.
  init(_ path: String, shape: [Int], _ bands: [Band]) {
    name = path + ".weight"
    self.shape = shape
    self.bands = bands
    precondition(
      bands.allSatisfy { $0.columns.count == shape.dropFirst().reduce(1, *) }
        && bands.reduce(0) { $0 + $1.rows.count } == shape[0],
      "\(path) \(shape) of \(bands.map { [$0.rows.count, $0.columns.count] })")
  }

  /// A linear layer of equal rows.
  init(_ path: String, rows: [Float], columns: [Float]) {
    self.init(
      path, shape: [rows.count, columns.count], [Band(rows: rows, columns: columns)])
  }

  /// A vector, as a norm's scale or a bias.
  init(vector name: String, count: Int, mean: Float, deviation: Float) {
    self.name = name
    shape = [count]
    bands = [
      Band(
        mean: mean / deviation, rows: [1],
        columns: [Float](repeating: deviation, count: count))
    ]
  }

  /// A tensor of given bands.
  init(name: String, shape: [Int], bands: [Band]) {
    (self.name, self.shape, self.bands) = (name, shape, bands)
  }

  /// Returns the same weights under another name.
  func renamed(_ name: String) -> FabricatedTensor {
    FabricatedTensor(name: name, shape: shape, bands: bandsWithStreams)
  }

  /// The bands, each with the stream of its numbers, so that they do not depend on the tensor's name.
  var bandsWithStreams: [Band] {
    bands.enumerated().map { index, band in
      var named = band
      named.stream = band.stream ?? "\(name) \(index)"
      return named
    }
  }

  /// The random matrices of the bands, from the first row to the last.
  func matrices(seed: UInt64) -> [RandomMatrix] {
    bandsWithStreams.map { band in
      let hash = SHA256.hash("\(seed) \(band.stream ?? name)".utf8)
      return RandomMatrix(
        key: hash.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }, mean: band.mean,
        rowScales: band.rows, columnScales: band.columns)
    }
  }

  /// The parts of the random matrices in the order in which their rows are stored.
  func parts(seed: UInt64) -> [(matrix: RandomMatrix, rows: Range<Int>)] {
    let parts = matrices(seed: seed).map { (matrix: $0, rows: 0..<$0.rowScales.count) }
    guard beginsInMiddle else { return parts }
    var (upper, lower) = (Array(parts[..<0]), Array(parts[..<0]))
    var row = 0
    for part in parts {
      let cut = min(max(shape[0] / 2 - row, 0), part.rows.count)
      if cut > 0 { upper.append((part.matrix, 0..<cut)) }
      if cut < part.rows.count { lower.append((part.matrix, cut..<part.rows.count)) }
      row += part.rows.count
    }
    return lower + upper
  }

  /// The description for the header of the file.
  var stored: TensorInfo { TensorInfo(name: name, dtype: .bfloat16, shape: shape) }
}

extension [Float] {
  /// Equal values.
  static func equal(_ count: Int, _ value: Float = 1) -> [Float] {
    [Float](repeating: value, count: count)
  }

  /// Returns the values times a factor.
  func scaled(by factor: Float) -> [Float] { map { $0 * factor } }

  /// Returns the values divided by their root mean square, as a norm leaves them.
  var normalised: [Float] {
    let meanSquare = reduce(0) { $0 + $1 * $1 } / Float(Swift.max(count, 1))
    return scaled(by: 1 / meanSquare.squareRoot())
  }
}
