import Tensors

/// The element types of GGUF files that can be read, by their numbers.
/// - Note: ggml-org/ggml, `enum ggml_type`.
enum GGUFType: UInt32, CaseIterable {
  case float32 = 0
  case float16 = 1
  case q40 = 2
  case q41 = 3
  case q50 = 6
  case q51 = 7
  case q80 = 8
  case q2K = 10
  case q3K = 11
  case q4K = 12
  case q5K = 13
  case q6K = 14
  case iq4NL = 20
  case iq4XS = 23
  case int8 = 24
  case int16 = 25
  case int32 = 26
  case int64 = 27
  case float64 = 28
  case bfloat16 = 30
  case mxfp4 = 39

  /// The type of elements of their own; nil for blocks.
  var dtype: DType? {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float64: .float64
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    default: nil
    }
  }

  /// The encoding of blocks; nil for elements of their own.
  var format: WeightEncoding.Format? {
    switch self {
    case .q40: .q40
    case .q41: .q41
    case .q50: .q50
    case .q51: .q51
    case .q80: .q80
    case .q2K: .q2K
    case .q3K: .q3K
    case .q4K: .q4K
    case .q5K: .q5K
    case .q6K: .q6K
    case .iq4NL: .iq4NL
    case .iq4XS: .iq4XS
    case .mxfp4: .mxfp4
    default: nil
    }
  }

  /// Values of a row that are stored together, and their bytes.
  var block: (values: Int, byteCount: Int) {
    format?.block ?? (1, dtype?.byteCount ?? 1)
  }

  /// The name of a type that cannot be read.
  static func unsupportedName(_ number: UInt32) -> String {
    let names: [UInt32: String] = [
      9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S",
      22: "IQ2_S", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 40: "NVFP4", 41: "Q1_0",
    ]
    return names[number] ?? "the type \(number)"
  }
}
