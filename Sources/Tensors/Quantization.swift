import CKernels
import Synchronization

/// The meaning of an int8 weight matrix `[D, C]`, which stands for
/// `scales[d] / (factors[c] · group) · (H · w[d, :])[c]`, `H` the Hadamard transform of each group of columns,
/// and the parts of the product that are left to float32.
public struct Quantization: Sendable {
  /// The transform of each group of columns.
  public enum Rotation: Sendable {
    /// The Hadamard transform, of what was divided by the factors.
    case hadamard
    /// ConvRot's, which files of int8 weights have; the factors are 1.
    case convRot
  }

  /// The order of the units in memory.
  public enum Layout: Sendable, Equatable {
    /// One row after the other.
    case rows
    /// As the kernels read them: panels of 32 rows, in each of them for every four columns the bytes of all rows, 128
    /// above the unit. The matrix begins at a row of the first panel.
    case panels(firstRow: Int)

    /// Rows of a panel, and columns whose bytes lie together.
    static let (panelRowCount, wordColumnCount) = (Int(IRIS_PANEL_ROWS), 4)

    /// The layout of a matrix that is quantised: panels, if they divide it.
    package init(for shape: [Int]) {
      let isDivided =
        shape[0] % Self.panelRowCount == 0 && shape[1] % Self.wordColumnCount == 0
      self = isDivided ? .panels(firstRow: 0) : .rows
    }

    /// The axes of a matrix in memory, outermost first.
    package func axes(of shape: [Int]) -> [Int] {
      guard self != .rows else { return shape }
      return [
        shape[0] / Self.panelRowCount, shape[1] / Self.wordColumnCount, Self.panelRowCount,
        Self.wordColumnCount,
      ]
    }

    /// The layout from a row on, and the offset in rows of the panel, or of the row, that it begins with.
    func starting(at row: Int) -> (layout: Layout, offset: Int) {
      guard case .panels(let first) = self else { return (.rows, row) }
      let within = (first + row) % Self.panelRowCount
      return (.panels(firstRow: within), first + row - within)
    }
  }

  /// The most columns that are rotated together; more spread an outlier no better and cost more.
  public static let largestGroup = 256

  /// The value of a unit in each row, `[D]`; 0 in the outlier rows.
  public let scales: Tensor
  /// The factors of the inputs before they are rotated, `[C]`: powers of two with pseudo-random signs.
  ///
  /// The columns were divided by them, so that each is about as large as any other.
  public let factors: Tensor
  /// Columns that are rotated together: a power of two that divides `C`; 1 for none.
  public let group: Int
  /// The transform of each group.
  public let rotation: Rotation
  /// The order of the units in memory.
  public let layout: Layout
  /// The parts that are multiplied in float32; nil to quantise everything.
  package let outliers: Outliers?

  /// Describes a quantised matrix.
  package init(
    scales: Tensor, factors: Tensor, group: Int, rotation: Rotation = .hadamard,
    layout: Layout = .rows, outliers: Outliers? = nil
  ) {
    precondition(
      group > 0 && group & (group - 1) == 0 && factors.elements.count % group == 0,
      "a group of \(group) of \(factors.elements.count) columns")
    self.scales = scales
    self.factors = factors
    self.group = group
    self.rotation = rotation
    self.layout = layout
    self.outliers = outliers
  }

  /// Returns the largest group that divides a number of columns.
  public static func group(for columns: Int) -> Int {
    min(largestGroup, columns & -columns)
  }

  /// The description of some rows.
  func rows(_ range: Range<Int>) -> Quantization {
    Quantization(
      scales: Tensor(shape: [range.count], elements: Array(scales.elements[range])),
      factors: factors, group: group, rotation: rotation,
      layout: layout.starting(at: range.lowerBound).layout, outliers: outliers?.rows(range))
  }
}

extension WeightTensor {
  /// Returns an int8 matrix of a file as one that is multiplied in int8 as it is stored; nil for other encodings.
  ///
  /// Inputs are rotated as the file's rows were. Their outlier columns are multiplied in float32 with the decoded
  /// weights.
  package func multipliedAsStored() -> WeightTensor? {
    guard let encoding, encoding.format == .int8, shape.count == 2, let scales = encoding.scales,
      scales.isPerRow
    else { return nil }
    let bytes = storedBytes(from: 0)
    guard bytes.count == byteCount else { return nil }
    let rows = (0..<shape[0]).map { encoding.firstRow + $0 }
    let units = WeightTensor(shape: shape, dtype: .int8, address: bytes.address, owner: owner)
    return units.quantized(
      by: Quantization(
        scales: Tensor(shape: [rows.count], elements: scales.values(ofRows: rows)),
        factors: Tensor(shape: [shape[1]], elements: [Float](repeating: 1, count: shape[1])),
        group: max(encoding.rotationGroup, 1), rotation: .convRot,
        outliers: Outliers(rows: [], rowWeights: nil, columns: OutlierColumns(self, emptyRows: [])))
    )
  }

  /// True for a matrix of `multipliedAsStored()`.
  package var isMultipliedAsStored: Bool { quantization?.rotation == .convRot }
}

/// The rows and columns of a quantised matrix that are multiplied in float32, with the weights as they were
/// stored.
///
/// A channel that is hundreds of times the others, and nearly the same for all tokens, is later removed by a norm
/// or a softmax; what its rounding did to the others stays. Rows that write such channels are known from their
/// size; columns that read them are found in each input.
package final class Outliers: Sendable {
  /// Rows that are 8 to 16 times as large as the median one, or more (3 binary orders of magnitude).
  static let rowOrders = 3
  /// Input channels that are 8 to 16 times as large as the median one, or more; smaller ones are spread by the
  /// rotation until they are as large as the rest.
  static let columnOrders: Int32 = 4
  /// The most rows, and the most columns.
  static let limit = 32

  /// The rows, ascending.
  package let rows: [Int]
  /// Their weights, `[rows, C]`; nil for none.
  package let rowWeights: WeightTensor?
  /// The columns' weights, of all rows of the matrix.
  package let columns: OutlierColumns
  /// The rows of the columns' weights that belong to this part of the matrix; nil for all.
  private let part: Range<Int>?

  /// Describes the parts.
  package init(
    rows: [Int], rowWeights: WeightTensor?, columns: OutlierColumns, part: Range<Int>? = nil
  ) {
    self.rows = rows
    self.rowWeights = rowWeights
    self.columns = columns
    self.part = part
  }

  /// Returns the weights of some columns, `[D, columns]`.
  func columnWeights(_ numbers: [Int]) -> WeightTensor {
    let weights = columns.weights(numbers)
    return part.map { weights.rows($0) } ?? weights
  }

  /// The description of some rows.
  func rows(_ range: Range<Int>) -> Outliers {
    let kept = rows.indices.filter { range.contains(rows[$0]) }
    let weights = rowWeights.flatMap { weights in
      kept.first.map { weights.rows($0..<$0 + kept.count) }
    }
    let start = part?.lowerBound ?? 0
    return Outliers(
      rows: kept.map { rows[$0] - range.lowerBound }, rowWeights: weights, columns: columns,
      part: start + range.lowerBound..<start + range.upperBound)
  }

  /// Describes the outliers of a matrix that was quantised before, whose outlier rows have a unit of 0.
  /// - Parameters:
  ///   - scales: The values of a unit in each row.
  ///   - source: The matrix as it is stored.
  ///   - known: Columns that were gathered before.
  package convenience init(
    of scales: Tensor, source: WeightTensor, known: (numbers: [Int], weights: WeightTensor)?
  ) {
    let rows = scales.elements.indices.filter { scales.elements[$0] == 0 }
    self.init(
      rows: rows, rowWeights: rows.isEmpty ? nil : source.gathering(rows: rows),
      columns: OutlierColumns(source, emptyRows: rows, known: known))
  }

  /// Finds the rows of a matrix that are far larger than the others, by the scales of its rows.
  static func rows(of scales: Tensor) -> [Int] {
    let orders = scales.elements.map { $0 > 0 && $0.isFinite ? Int($0.exponent) : Int.min }
    let median = orders.sorted()[orders.count / 2]
    guard median > Int.min else { return [] }
    var least = median + rowOrders
    var found = orders.indices.filter { orders[$0] >= least }
    while found.count > limit {
      least += 1
      found = orders.indices.filter { orders[$0] >= least }
    }
    return found
  }
}

/// The weights of columns of a matrix, gathered from where it is stored and kept.
package final class OutlierColumns: Sendable {
  /// Sets of columns that are kept; an input has the same ones again and again.
  private static let setLimit = 4

  /// The matrix as it is stored, `[D, C]`.
  let source: WeightTensor
  /// Rows that are zero in what is returned: the outlier rows, whose whole product is in float32.
  private let emptyRows: [Int]
  /// Columns that were gathered before, for example into a file: their numbers, ascending, and `[D, columns]`.
  private let known: (numbers: [Int], weights: WeightTensor)?
  private let kept = Mutex<[[Int]: WeightTensor]>([:])

  /// Describes the columns of a matrix.
  package init(
    _ source: WeightTensor, emptyRows: [Int],
    known: (numbers: [Int], weights: WeightTensor)? = nil
  ) {
    self.source = source
    self.emptyRows = emptyRows
    self.known = known
  }

  /// The columns that were asked for so far, ascending, with their weights; nil for none.
  package var gathered: (numbers: [Int], weights: WeightTensor)? {
    let numbers = Set(kept.withLock { $0.keys.flatMap(\.self) }).sorted()
    return numbers.isEmpty ? nil : (numbers, gather(numbers))
  }

  /// Returns the weights of some columns, `[D, columns]`, in the storage format of the matrix.
  package func weights(_ numbers: [Int]) -> WeightTensor {
    if let weights = kept.withLock({ $0[numbers] }) { return weights }
    let gathered = gather(numbers)
    kept.withLock { kept in
      if kept.count >= Self.setLimit { kept.removeAll() }
      kept[numbers] = gathered
    }
    return gathered
  }

  private func gather(_ numbers: [Int]) -> WeightTensor {
    if let known {
      let places = numbers.compactMap { known.numbers.firstIndex(of: $0) }
      if places.count == numbers.count {
        return known.weights.columns(places, emptyRows: emptyRows)
      }
    }
    defer { source.evict() }
    return source.columns(numbers, emptyRows: emptyRows)
  }
}
