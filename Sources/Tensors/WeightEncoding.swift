import CKernels

/// The encoding of a stored matrix whose elements are packed in blocks, or are values only together with scales.
///
/// Kernels decode it tile by tile (`decode.h`). Rows are sliced, and halves exchanged, without copying: scales stay
/// with the whole matrix, and are found by the numbers of its rows.
public struct WeightEncoding: Sendable {
  /// The form of the elements; the raw values are their names in messages.
  public enum Format: String, Sendable, CaseIterable {
    /// 8-bit floats with 4 exponent bits, times `scales`.
    case float8E4M3 = "fp8 (e4m3)"
    /// 8-bit floats with 5 exponent bits, times `scales`.
    case float8E5M2 = "fp8 (e5m2)"
    /// Signed bytes, times `scales`.
    case int8 = "int8"
    /// 8-bit floats with a power of two for each 32 columns.
    case mxfp8
    /// 4-bit floats with an 8-bit one for each 16 columns; the first column of a byte is in its low nibble.
    case nvfp4
    /// 4-bit floats as before; the first column of a byte is in its high nibble, and scales lie in tiles.
    case nvfp4Tiled = "nvfp4 (tiled)"
    // ggml's blocks.
    case q40 = "Q4_0"
    case q41 = "Q4_1"
    case q50 = "Q5_0"
    case q51 = "Q5_1"
    case q80 = "Q8_0"
    case q2K = "Q2_K"
    case q3K = "Q3_K"
    case q4K = "Q4_K"
    case q5K = "Q5_K"
    case q6K = "Q6_K"
    case iq4NL = "IQ4_NL"
    case iq4XS = "IQ4_XS"
    case mxfp4 = "MXFP4"
  }

  /// The form of the elements.
  public let format: Format
  /// Factors of runs of rows and columns; nil for none.
  public let scales: WeightScales?
  /// A byte for each block of columns; nil for none.
  public let blockScales: BlockScales?
  /// Columns that ConvRot rotated together; 0 for none.
  public let rotationGroup: Int
  /// Rows of the whole stored matrix.
  let rowCount: Int
  /// The stored row that is the first one here.
  private(set) var firstRow = 0

  /// Describes a matrix.
  /// - Precondition: A rotation group is a power of four of at most 256; block scales belong to `mxfp8` and nvfp4
  ///   alone, of which the latter have one factor, too.
  public init(
    _ format: Format, rowCount: Int, scales: WeightScales? = nil, blockScales: BlockScales? = nil,
    rotationGroup: Int = 0
  ) {
    precondition([0, 4, 16, 64, 256].contains(rotationGroup), "a rotation of \(rotationGroup)")
    precondition((blockScales != nil) == format.hasBlockScales, "block scales of \(format)")
    precondition(!format.isFloat4 || scales != nil, "nvfp4 without its factor")
    self.format = format
    self.rowCount = rowCount
    self.scales = scales
    self.blockScales = blockScales
    self.rotationGroup = rotationGroup
  }

  /// Returns the encoding of the rows from one on; behind the last comes the first.
  func starting(at row: Int) -> WeightEncoding {
    var result = self
    result.firstRow = rowCount == 0 ? 0 : (firstRow + row) % rowCount
    return result
  }

  /// The parts beside the elements, for the kernels.
  var stored: iris_encoding {
    unsafe iris_encoding(
      scales: scales?.pointer, scale_rows: scales?.rowRun ?? 1,
      scale_columns: scales?.columnRun ?? 1, scale_stride: scales?.stride ?? 0,
      block_scales: blockScales?.pointer, block_stride: blockScales?.stride ?? 0,
      block_tiles: blockScales?.isTiled ?? false, group: rotationGroup, first_row: firstRow,
      rows: rowCount)
  }

  /// Some of the scales' bytes, by which encodings of equal elements are told apart.
  package var scaleSample: [UInt8] {
    (scales?.sample ?? []) + (blockScales?.sample ?? [])
  }
}

extension WeightEncoding: CustomStringConvertible {
  /// The form of the elements and the scales, for people.
  public var description: String {
    guard rotationGroup > 0 else { return format.rawValue }
    return "\(format.rawValue), rotated"
  }
}

extension WeightEncoding.Format {
  /// The kernels' constant.
  var kernelFormat: iris_format {
    switch self {
    case .float8E4M3: IRIS_FLOAT8_E4M3
    case .float8E5M2: IRIS_FLOAT8_E5M2
    case .int8: IRIS_SCALED_INT8
    case .mxfp8: IRIS_MXFP8
    case .nvfp4: IRIS_NVFP4_LOW
    case .nvfp4Tiled: IRIS_NVFP4_HIGH
    case .q40: IRIS_Q4_0
    case .q41: IRIS_Q4_1
    case .q50: IRIS_Q5_0
    case .q51: IRIS_Q5_1
    case .q80: IRIS_Q8_0
    case .q2K: IRIS_Q2_K
    case .q3K: IRIS_Q3_K
    case .q4K: IRIS_Q4_K
    case .q5K: IRIS_Q5_K
    case .q6K: IRIS_Q6_K
    case .iq4NL: IRIS_IQ4_NL
    case .iq4XS: IRIS_IQ4_XS
    case .mxfp4: IRIS_MXFP4
    }
  }

  /// Values of a row that are stored together, and their bytes.
  public var block: (values: Int, byteCount: Int) {
    let block = iris_format_block(kernelFormat)
    return (block.values, block.bytes)
  }

  /// True for 4-bit floats.
  var isFloat4: Bool { self == .nvfp4 || self == .nvfp4Tiled }

  /// True if each block of columns has a scale in another place.
  var hasBlockScales: Bool { self == .mxfp8 || isFloat4 }
}
