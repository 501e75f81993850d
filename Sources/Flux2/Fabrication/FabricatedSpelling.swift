import Weights

/// The names and the keys of GGUF files.
extension ModelFabricator {
  /// Returns the tensors of a transformer in the spelling of BFL, with the same weights.
  ///
  /// Projections of one input are one matrix there, and the halves of the last modulation are exchanged.
  static func spelledByBFL(
    _ tensors: [FabricatedTensor], _ configuration: TransformerConfiguration
  ) -> [FabricatedTensor] {
    let (double, single) = (configuration.doubleBlockCount, configuration.singleBlockCount)
    var parts = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    var result: [FabricatedTensor] = []
    for layer in KeyMapping.all(doubleBlockCount: double, singleBlockCount: single) {
      let whole = layer.paths.compactMap { parts.removeValue(forKey: "\($0).weight") }
      let bands = whole.flatMap(\.bandsWithStreams)
      var fused = FabricatedTensor(
        layer.original,
        shape: [bands.reduce(0) { $0 + $1.rows.count }] + (whole.first?.shape.dropFirst() ?? []),
        bands)
      fused.beginsInMiddle = layer.swapsHalves
      result.append(fused)
    }
    for (original, path) in SingleFile.norms(double, single) {
      if let norm = parts.removeValue(forKey: "\(path).weight") {
        result.append(norm.renamed("\(original).scale"))
      }
    }
    precondition(parts.isEmpty, "tensors without a place: \(parts.keys.sorted())")
    return result
  }

  /// Returns the tensors of a text encoder with the names of llama.cpp.
  static func spelledByLlama(_ tensors: [FabricatedTensor]) -> [FabricatedTensor] {
    tensors.map { $0.renamed(SingleFile.llamaName(ofTransformers: $0.name)) }
  }

  /// The keys of a transformer's file, as converters for ComfyUI write them.
  static let transformerKeys: [(name: String, value: GGUFWriter.Value)] = [
    ("general.architecture", .text("flux")), ("general.quantization_version", .integer(2)),
  ]

  /// The keys of a text encoder's file, but for its tokens.
  static func textEncoderKeys(
    _ configuration: TextEncoderConfiguration
  ) -> [(name: String, value: GGUFWriter.Value)] {
    func count(_ number: Int) -> GGUFWriter.Value { .integer(UInt32(number)) }
    return [
      ("general.architecture", .text("qwen3")), ("general.quantization_version", .integer(2)),
      ("qwen3.block_count", count(configuration.layerCount)),
      ("qwen3.embedding_length", count(configuration.hiddenSize)),
      ("qwen3.feed_forward_length", count(configuration.intermediateSize)),
      ("qwen3.attention.head_count", count(configuration.headCount)),
      ("qwen3.attention.head_count_kv", count(configuration.keyValueHeadCount)),
      ("qwen3.attention.key_length", count(configuration.headDim)),
      ("qwen3.attention.value_length", count(configuration.headDim)),
      ("qwen3.attention.layer_norm_rms_epsilon", .float(configuration.epsilon)),
      ("qwen3.rope.freq_base", .float(configuration.ropeTheta)),
    ]
  }
}
