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
