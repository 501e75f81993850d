public import Tensors
import Weights

/// The memory of a model's weights in a precision.
public struct WeightMemory: Sendable, Equatable {
  /// Bytes of the mapped weights that are in use at once: what is short of memory gives them back.
  public let mappedByteCount: Int
  /// Bytes of quantised copies, which stay in memory as long as the model.
  public let copiedByteCount: Int

  /// All of it in bytes.
  public var byteCount: Int { mappedByteCount + copiedByteCount }
}

extension ModelInspector {
  /// Estimates the memory of the weights.
  ///
  /// Rows of the embedding table, text layers that are never read and outlier columns are left out; mapped layers
  /// of a large text encoder are given back one by one.
  /// - Parameters:
  ///   - precision: The arithmetic of the blocks' products.
  ///   - preparedDirectory: The cache of prepared weights, which are mapped; nil for none.
  public func weightMemory(
    in precision: Precision, preparedDirectory: String? = nil
  ) -> WeightMemory {
    let text = textEncoderBlocks
    let transformer = transformerBlocks
    let others =
      Self.byteCount(of: sources.transformer.checkpoint)
      - transformer.reduce(0) { $0 + $1.byteCount }
      + Self.byteCount(of: sources.autoencoder.checkpoint)
      + (sources.lowNoiseAdapter.map { Self.byteCount(of: $0) } ?? 0)
    guard precision == .int8 else {
      return WeightMemory(
        mappedByteCount: others + Self.keptTogether(text.map(\.byteCount))
          + transformer.reduce(0) { $0 + $1.byteCount },
        copiedByteCount: 0)
    }
    let isPrepared = preparedDirectory.map { hasPreparedWeights(in: $0) } ?? false
    let copied = isPrepared ? [] : (text + transformer).filter { !$0.isStoredInInt8 }
    let mappedText = text.map { isPrepared || $0.isStoredInInt8 ? $0.quantizedByteCount : 0 }
    let mapped = transformer.reduce(0) {
      $0 + (isPrepared || $1.isStoredInInt8 ? $1.quantizedByteCount : 0)
    }
    return WeightMemory(
      mappedByteCount: others + Self.keptTogether(mappedText) + mapped,
      copiedByteCount: copied.reduce(0) { $0 + $1.quantizedByteCount })
  }

  private func hasPreparedWeights(in directory: String) -> Bool {
    PreparedWeights.open(in: directory, for: ModelIdentity(sources)).weights != nil
  }

  /// The bytes of a text encoder's layers that are in memory beside the transformer.
  private static func keptTogether(_ byteCounts: [Int]) -> Int {
    let all = byteCounts.reduce(0, +)
    return TextEncoder.evictsLayers(of: all) ? 0 : all
  }

  private static func byteCount(of checkpoint: Checkpoint) -> Int {
    checkpoint.tensors.values.reduce(0) { $0 + $1.byteCount }
  }

  /// The matrices of the text encoder's layers that are read; none if the files do not fit the configuration.
  private var textEncoderBlocks: [WeightTensor] {
    let (configuration, outputs) = (
      sources.textEncoder.configuration, sources.index.textEncoderOutputs
    )
    guard outputs.allSatisfy({ $0 <= configuration.layerCount }) else { return [] }
    let encoder = try? TextEncoder(
      configuration, outputs: outputs, sources.textEncoder.checkpoint)
    return encoder?.blockWeights.map(\.weight) ?? []
  }

  /// The matrices of the transformer's blocks; none if the files do not fit the configuration.
  private var transformerBlocks: [WeightTensor] {
    let transformer = try? Transformer(
      sources.transformer.configuration, sources.transformer.checkpoint)
    return transformer?.blockWeights.map(\.weight) ?? []
  }
}

extension WeightTensor {
  /// Bytes of a matrix as units of a byte with a scale for each row and a factor for each column.
  fileprivate var quantizedByteCount: Int { shape[0] * shape[1] + 4 * (shape[0] + shape[1]) }

  /// True if it is multiplied in int8 where it is mapped.
  fileprivate var isStoredInInt8: Bool { multipliedAsStored() != nil }
}
