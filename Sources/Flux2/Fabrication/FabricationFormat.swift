import Tensors

/// The forms in which the matrices of a fabricated model can be stored; the raw values are their names for people.
///
/// Each is what files of its kind have: fp8 and int8 in safetensors in the spelling of diffusers, with ComfyUI's marks
/// in the header; the others in GGUF, transformers with BFL's names and text encoders with llama.cpp's. The autoencoder
/// is bfloat16 in all.
public enum FabricationFormat: String, Sendable, CaseIterable {
  /// The form of the published models.
  case bfloat16
  /// 8-bit floats with a scale for each row.
  case fp8
  /// Bytes with a scale for each row, rotated by ConvRot.
  case int8
  /// GGUF, all matrices in Q8_0.
  case q80 = "q8_0"
  /// GGUF, matrices in Q4_K, and in Q5_K and Q6_K where converters take more bits.
  case q4KM = "q4_k_m"

  /// True if transformer and text encoder are GGUF files.
  var isGGUF: Bool { self == .q80 || self == .q4KM }

  /// Returns the encoding of a matrix; nil for bfloat16.
  /// - Parameters:
  ///   - name: Its name in the file.
  ///   - columns: Its row length.
  func encoding(of name: String, columns: Int) -> WeightEncoding.Format? {
    guard Self.isQuantised(name) else { return nil }
    switch self {
    case .bfloat16: return nil
    case .fp8: return .float8E4M3
    case .int8: return .int8
    case .q80: return columns % 32 == 0 ? .q80 : nil
    case .q4KM:
      guard columns % 256 == 0 else { return columns % 32 == 0 ? .q80 : nil }
      if name.hasSuffix("_attn.qkv.weight") { return .q5K }
      let isFine = ["token_embd.weight", ".attn_v.weight", ".ffn_down.weight"]
        .contains { name.hasSuffix($0) }
      return isFine ? .q6K : .q4K
    }
  }

  /// The layers that quantisers leave alone are those outside the blocks, but for a text encoder's embedding in GGUF.
  private static func isQuantised(_ name: String) -> Bool {
    ["_blocks.", "model.layers.", "blk.", "token_embd.", "output.weight"].contains {
      name.hasPrefix($0) || name.contains($0)
    }
  }
}
