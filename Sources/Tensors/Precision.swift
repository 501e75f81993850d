import CKernels

/// The arithmetic of a model's large matrix products; sums, norms and the residual stream are float32 in each.
public enum Precision: String, Sendable, CaseIterable {
  /// Products in float32, as the reference computes them.
  case float32
  /// Both sides rounded to bfloat16, sums in float32.
  case bfloat16
  /// Weights quantised once, inputs at run time, exact sums (see `Quantization`).
  case int8

  /// True if this machine has instructions for it; without them the results are the same, but slower than in
  /// float32.
  public var isNative: Bool {
    switch self {
    case .float32: true
    case .bfloat16: iris_has_bfloat16()
    case .int8: iris_has_int8()
    }
  }
}

/// The scales of an int8 weight matrix `[D, C]`, which stands for
/// `scales[d] / (factors[c] · group) · (H · w[d, :])[c]`, `H` the Hadamard transform of each group of columns.
public struct Quantization: Sendable, Equatable {
  /// The most columns that are rotated together; more spread an outlier no better and cost more.
  public static let largestGroup = 256

  /// The value of a unit in each row, `[D]`.
  public let scales: Tensor
  /// The factors of the inputs before they are rotated, `[C]`: powers of two with pseudo-random signs.
  ///
  /// The columns were divided by them, so that each is about as large as any other.
  public let factors: Tensor
  /// Columns that are rotated together: a power of two that divides `C`; 1 for none.
  public let group: Int

  /// Describes a quantised matrix.
  public init(scales: Tensor, factors: Tensor, group: Int) {
    precondition(
      group > 0 && group & (group - 1) == 0 && factors.elements.count % group == 0,
      "a group of \(group) of \(factors.elements.count) columns")
    self.scales = scales
    self.factors = factors
    self.group = group
  }

  /// Returns the largest group that divides a number of columns.
  public static func group(for columns: Int) -> Int {
    min(largestGroup, columns & -columns)
  }

  /// The scales of some rows.
  func rows(_ range: Range<Int>) -> Quantization {
    Quantization(
      scales: Tensor(shape: [range.count], elements: Array(scales.elements[range])),
      factors: factors, group: group)
  }
}
