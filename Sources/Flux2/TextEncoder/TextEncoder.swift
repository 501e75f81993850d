package import Tensors

/// The Qwen3 language model, run up to the last layer whose hidden states are asked for (spec §3).
///
/// Only the layers needed are held; without the final norm and the language head, the published models
/// run 27 of their 36 layers.
package struct TextEncoder: Sendable {
  /// The encoder's shape.
  package let configuration: TextEncoderConfiguration
  /// Hidden states that make up the embedding: 0 is the embedding table's output, `k` that of the
  /// `k`-th layer.
  package let outputs: [Int]
  let embedding: WeightTensor
  /// The layers that are run.
  let layers: [TextEncoderLayer]
  /// Scale of the final norm, `[C]`; only there when the very last hidden state is asked for.
  let finalNorm: Tensor?

  /// Encodes a prompt.
  /// - Parameters:
  ///   - ids: Token ids, padding included, `L` of them.
  ///   - count: How many of them are real; the rest is padding.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each layer; ends the encoding by throwing.
  /// - Returns: `[L, K·C]` for `K` hidden states asked for: for each token all features of the first hidden state asked for,
  ///   then all of the next. Padding has rows of its own, which the transformer reads.
  package func encode(
    _ ids: [Int32], count: Int, on device: Device, blockDone: BlockDone = {}
  ) throws -> Tensor {
    var states: [Int: Tensor] = [:]
    try run(ids, count: count, on: device) { index, hidden in
      if outputs.contains(index) { states[index] = hidden }
      if index > 0 { try blockDone() }
    }
    return Self.sideBySide(outputs.compactMap { states[$0] })
  }

  /// Runs the layers, showing each hidden state with its number as it appears.
  package func run(
    _ ids: [Int32], count: Int, on device: Device, observe: (Int, Tensor) throws -> Void
  ) throws {
    guard count > 0, count <= ids.count else {
      throw Flux2Error(.tokenizer, "tokenizer", "\(count) of \(ids.count) tokens are a prompt")
    }
    var hidden = try embed(ids)
    let rotary = RotaryTable(
      positionCount: ids.count, headDim: configuration.headDim,
      base: configuration.ropeTheta)
    // Padding hides behind the mask, from itself as well; positions do not depend on it.
    let mask = AttentionMask(keyCount: count, isCausal: true)
    try observe(0, hidden)
    for (index, layer) in layers.enumerated() {
      layer.apply(to: &hidden, rotary: rotary, mask: mask, on: device)
      // The last hidden state of the whole model is the only one that is normalised.
      if index + 1 == configuration.layerCount, let finalNorm {
        hidden = device.rmsNorm(hidden, weight: finalNorm, epsilon: configuration.epsilon)
      }
      try observe(index + 1, hidden)
    }
  }

  /// The table's row for each token, `[L, C]`.
  private func embed(_ ids: [Int32]) throws(Flux2Error) -> Tensor {
    var elements: [Float] = []
    elements.reserveCapacity(ids.count * configuration.hiddenSize)
    for id in ids {
      guard let row = Int(exactly: id), (0..<configuration.vocabularySize).contains(row) else {
        throw Flux2Error(
          .tokenizer, "tokenizer",
          "token \(id) has no row in an embedding of \(configuration.vocabularySize)")
      }
      elements += embedding.rows(row..<row + 1).widened().elements
    }
    return Tensor(shape: [ids.count, configuration.hiddenSize], elements: elements)
  }

  /// Matrices of equal height next to each other, `[L, sum of columns]`.
  private static func sideBySide(_ parts: [Tensor]) -> Tensor {
    let (rows, columns) = (parts.first?.rows ?? 0, parts.reduce(0) { $0 + $1.columns })
    var elements: [Float] = []
    elements.reserveCapacity(rows * columns)
    for row in 0..<rows {
      for part in parts {
        elements += part.elements[row * part.columns..<(row + 1) * part.columns]
      }
    }
    return Tensor(shape: [rows, columns], elements: elements)
  }
}
