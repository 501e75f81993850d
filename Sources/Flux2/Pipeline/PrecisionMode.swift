public import Tensors
import Weights

/// The precision that a person asks for.
public enum PrecisionMode: String, Sendable, CaseIterable {
  /// Chosen by processor, model and memory.
  case auto
  /// `Precision.float32`, the reference's.
  case float32
  /// `Precision.bfloat16`.
  case bfloat16
  /// `Precision.int8`.
  case int8
}

/// A precision and why it was chosen.
public struct PrecisionChoice: Sendable, Equatable {
  /// The arithmetic.
  public let precision: Precision
  /// The reason in words, for people.
  public let reason: String
  /// The origin of its weights, prepared or quantised while loading, for people; empty for none.
  public internal(set) var note = ""
}

extension PrecisionChoice: CustomStringConvertible {
  /// The precision, the reason and what was done about the weights.
  public var description: String {
    "\(precision): \(reason)" + (note.isEmpty ? "" : "; \(note)")
  }
}

extension PrecisionMode {
  /// Below as many parameters, all that a lower precision saves is less than a second.
  private static let smallModel = 500_000_000
  /// Memory beside the weights: activations of a large image, the cache, the process.
  private static let reserve = 2 << 30

  /// Chooses a precision.
  /// - Parameters:
  ///   - parameters: The number of weights of text encoder and transformer.
  ///   - residentByteCount: The bytes of the weights that must be in memory at once, as they are stored.
  ///   - isStoredInInt8: True if most weights of the transformer are int8 in its file.
  ///   - memoryByteCount: The memory that the process may use; nil if it is not known.
  ///   - products: The provider of the products.
  func choice(
    parameters: Int, residentByteCount: Int, isStoredInInt8: Bool = false, memoryByteCount: Int?,
    products: ProductChoice
  ) -> PrecisionChoice {
    if let asked = Precision(rawValue: rawValue) {
      return PrecisionChoice(
        precision: asked,
        reason: products.isNative(asked)
          ? "asked for"
          : "asked for; this processor has no instructions for it, so that it is slower than float32"
      )
    }
    guard parameters >= Self.smallModel else {
      return PrecisionChoice(
        precision: .float32, reason: "a model of this size renders at once as the reference does")
    }
    if let memoryByteCount, memoryByteCount < residentByteCount + Self.reserve {
      return PrecisionChoice(
        precision: .int8, reason: "its weights as they are stored do not fit into memory")
    }
    if isStoredInInt8, products.isNative(.int8) {
      return PrecisionChoice(
        precision: .int8, reason: "its files have int8 weights, and this processor multiplies them")
    }
    if products.isNative(.bfloat16) {
      return PrecisionChoice(
        precision: .bfloat16, reason: "this processor multiplies it twice as fast as float32")
    }
    if products.isNative(.int8) {
      return PrecisionChoice(
        precision: .int8,
        reason: "this processor multiplies it four times as fast as float32, and has no bfloat16")
    }
    return PrecisionChoice(
      precision: .float32, reason: "this processor has instructions for no other precision")
  }
}

extension ModelSources {
  /// Chooses the precision of this model's blocks.
  func precision(
    _ mode: PrecisionMode, memoryByteCount: Int?, products: ProductChoice
  ) -> PrecisionChoice {
    let parts = [transformer.checkpoint, textEncoder.checkpoint]
    return mode.choice(
      parameters: parts.reduce(0) { $0 + $1.tensors.values.reduce(0) { $0 + $1.count } },
      residentByteCount: parts.map { $0.tensors.values.reduce(0) { $0 + $1.byteCount } }.max() ?? 0,
      isStoredInInt8: transformer.checkpoint.isMostlyInt8, memoryByteCount: memoryByteCount,
      products: products)
  }
}

extension Checkpoint {
  /// True if more than half of the elements are int8 with scales.
  fileprivate var isMostlyInt8: Bool {
    tensors.values.reduce(0) { $0 + ($1.encoding?.format == .int8 ? $1.count : -$1.count) } > 0
  }
}
