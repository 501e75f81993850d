package import Tensors
import Weights

/// The Qwen3 language model, run up to the last layer whose hidden states are used (spec §3).
///
/// The letters of the shapes: `L` tokens, `C` hidden size, `D` head dimension. Only the layers needed are
/// held; without the final norm and the language head, the published models
/// run 27 of their 36 layers.
package struct TextEncoder: Sendable {
  /// The encoder's shape.
  package let configuration: TextEncoderConfiguration
  /// Numbers of the hidden states that make up the embedding: 0 is the embedding table's output, `k` that
  /// of the `k`-th layer.
  package let outputs: [Int]
  let embedding: WeightTensor
  /// The layers that are run.
  let layers: [TextEncoderLayer]
  /// Scale of the final norm, `[C]`; present only if the last layer's hidden state is an output.
  let finalNorm: Tensor?
  /// True if the pages of a layer are dropped from memory once it was run: a large encoder's take as much as
  /// the transformer's, which follows, and mapping them again costs a fortieth of the encoding.
  let evictsLayers: Bool

  /// Encodes a prompt.
  /// - Parameters:
  ///   - ids: Token ids, padding included, `L` of them.
  ///   - count: The number of real tokens, at least 1; the rest is padding.
  ///   - adapters: The adapters that change the layers.
  ///   - device: Where to compute.
  ///   - blockDone: Called after each layer; ends the encoding by throwing.
  /// - Returns: `[L, K·C]` for the `K` outputs: for each token all features of the first output, then all of
  ///   the next. Padding has rows of its own, which the transformer reads.
  /// - Throws: `Flux2Error` of the kind `tokenizer` for an impossible count or token, or what `blockDone`
  ///   throws.
  package func encode(
    _ ids: [Int32], count: Int, adapters: AdapterStack = AdapterStack(), on device: Device,
    blockDone: BlockDone = {}
  ) throws -> Tensor {
    var states: [Int: Tensor] = [:]
    try run(ids, count: count, adapters: adapters, on: device) { index, hidden in
      if outputs.contains(index) { states[index] = hidden }
      if index > 0 { try blockDone() }
    }
    return Self.sideBySide(outputs.compactMap { states[$0] })
  }

  /// Runs the layers and calls `observe` with each hidden state, `[L, C]`, and its number.
  package func run(
    _ ids: [Int32], count: Int, adapters: AdapterStack = AdapterStack(), on device: Device,
    observe: (Int, Tensor) throws -> Void
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
    let readAhead = ReadAhead(layers.map { $0.linearLayers.map(\.layer.weight) })
    for (index, layer) in layers.enumerated() {
      readAhead.computing(index)
      layer.apply(to: &hidden, rotary: rotary, mask: mask, adapters: adapters, on: device)
      if evictsLayers { readAhead.evict(index) }
      // The last hidden state of the whole model is the only one that is normalised.
      if index + 1 == configuration.layerCount, let finalNorm {
        hidden = device.rmsNorm(hidden, weight: finalNorm, epsilon: configuration.epsilon)
      }
      try observe(index + 1, hidden)
    }
  }

  /// Looks up the table's row for each token, `[L, C]`.
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

  /// Concatenates matrices of equal height along the columns, `[L, sum of columns]`.
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

/// One layer of Qwen3: causal attention with shared keys and values, then a gated MLP (spec §3).
/// - Note: Ainslie et al., *GQA*, arXiv:2305.13245.
struct TextEncoderLayer: Sendable {
  let configuration: TextEncoderConfiguration
  /// The arithmetic of the products.
  let precision: Precision
  /// Scales of the norms before attention and MLP, `[C]`.
  let inputLayerNorm: Tensor
  let postAttentionLayerNorm: Tensor
  /// `[H · D, C]`; keys and values have `keyValueHeadCount` heads.
  let queryProjection: AdaptedLinear
  let keyProjection: AdaptedLinear
  let valueProjection: AdaptedLinear
  /// Scales of the per-head norms, `[D]`.
  let queryNorm: Tensor
  let keyNorm: Tensor
  /// `[C, H · D]`.
  let outputProjection: AdaptedLinear
  /// `[M, C]`.
  let gateProjection: AdaptedLinear
  let upProjection: AdaptedLinear
  /// `[C, M]`.
  let downProjection: AdaptedLinear

  /// The linear layers by their names in the checkpoint.
  var linearLayers: [(name: String, layer: AdaptedLinear)] {
    [
      ("self_attn.q_proj", queryProjection), ("self_attn.k_proj", keyProjection),
      ("self_attn.v_proj", valueProjection), ("self_attn.o_proj", outputProjection),
      ("mlp.gate_proj", gateProjection), ("mlp.up_proj", upProjection),
      ("mlp.down_proj", downProjection),
    ]
  }

  /// Replaces the hidden states, `[L, C]`, by the layer's output.
  func apply(
    to hidden: inout Tensor, rotary: RotaryTable, mask: AttentionMask, adapters: AdapterStack,
    on device: Device
  ) {
    let attended = attend(hidden, rotary: rotary, mask: mask, adapters: adapters, on: device)
    outputProjection.write(
      attended, accumulate: true, into: &hidden, on: device, adapters: adapters)
    let normed = device.rmsNorm(
      hidden, weight: postAttentionLayerNorm, epsilon: configuration.epsilon)
    var widened = Tensor(unwritten: [hidden.rows, 2 * configuration.intermediateSize])
    gateProjection.write(normed, into: &widened, on: device, adapters: adapters)
    upProjection.write(
      normed, into: &widened, column: configuration.intermediateSize, on: device,
      adapters: adapters)
    downProjection.write(
      device.gatedSiLU(widened), accumulate: true, into: &hidden, on: device, adapters: adapters)
  }

  /// Attends from every row to the visible ones, of which alone there are keys and values: hidden padding,
  /// nearly all of a short prompt's rows, has none.
  private func attend(
    _ hidden: Tensor, rotary: RotaryTable, mask: AttentionMask, adapters: AdapterStack,
    on device: Device
  ) -> Tensor {
    let heads = HeadLayout(
      count: configuration.headCount, keyValueCount: configuration.keyValueHeadCount,
      headDim: configuration.headDim)
    let normed = device.rmsNorm(hidden, weight: inputLayerNorm, epsilon: configuration.epsilon)
    let visible = normed[rows: 0..<min(mask.keyCount ?? hidden.rows, hidden.rows)]
    var queries = queryProjection(normed, on: device, adapters: adapters)
    var keys = keyProjection(visible, on: device, adapters: adapters)
    let values = valueProjection(visible, on: device, adapters: adapters)
    normaliseAndRotate(&queries, weight: queryNorm, rotary: rotary, on: device)
    normaliseAndRotate(&keys, weight: keyNorm, rotary: rotary, on: device)
    return device.attention(
      queries, keys, values, heads: heads, mask: mask, precision: precision)
  }

  private func normaliseAndRotate(
    _ heads: inout Tensor, weight: Tensor, rotary: RotaryTable, on device: Device
  ) {
    device.normaliseAndRotateHeads(
      &heads, columns: 0..<heads.columns, weight: weight, rotary: rotary, tableRows: 0..<heads.rows,
      epsilon: configuration.epsilon)
  }
}
