/// The linear layers of a model that adapters may change, by any of the spellings of their files (spec §10).
struct AdapterLayerIndex {
  /// What the paths of the text encoder's layers begin with.
  static let textEncoderPrefix = "text_encoder."

  /// The layers by the spellings of diffusers and of BFL, each with dots and with underscores.
  private let layers: [String: KeyMapping]
  /// The shapes by path.
  let shapes: [String: LayerShape]

  /// Lists the spellings of a model's layers.
  init(_ transformer: TransformerConfiguration, textEncoder: TextEncoderConfiguration?) {
    var layers: [String: KeyMapping] = [:]
    var shapes = transformer.layerShapes()
    for spelling in KeyMapping.all(
      doubleBlockCount: transformer.doubleBlockCount,
      singleBlockCount: transformer.singleBlockCount)
    {
      layers[spelling.original] = spelling
      if let fused = spelling.fusedPath { layers[fused] = spelling }
      for path in spelling.paths { layers[path] = KeyMapping(path, path) }
    }
    for (name, shape) in textEncoder?.layerShapes() ?? [:] {
      layers[name] = KeyMapping(name, Self.textEncoderPrefix + name)
      shapes[Self.textEncoderPrefix + name] = shape
    }
    for (name, spelling) in layers {
      layers[String(name.map { $0 == "." ? "_" : $0 })] = spelling
    }
    self.layers = layers
    self.shapes = shapes
  }

  /// Returns the layer of a name without prefixes; nil if the model has none.
  func layer(_ name: String) -> KeyMapping? { layers[name] }
}

extension KeyMapping {
  /// The path under which diffusers fuses the projections, as it does for a LoKr of them.
  fileprivate var fusedPath: String? {
    guard paths.count == 3, let path = paths.first else { return nil }
    let parts = path.split(separator: ".")
    return parts.dropLast().joined(separator: ".")
      + (parts.last == "to_q" ? ".to_qkv" : ".to_added_qkv")
  }
}

extension TextEncoderConfiguration {
  /// Returns the shape of every linear layer, as in `layers.0.self_attn.q_proj`.
  func layerShapes() -> [String: LayerShape] {
    let (queries, keys) = (headCount * headDim, keyValueHeadCount * headDim)
    let shapes = [
      "self_attn.q_proj": LayerShape(inputs: hiddenSize, outputs: queries),
      "self_attn.k_proj": LayerShape(inputs: hiddenSize, outputs: keys),
      "self_attn.v_proj": LayerShape(inputs: hiddenSize, outputs: keys),
      "self_attn.o_proj": LayerShape(inputs: queries, outputs: hiddenSize),
      "mlp.gate_proj": LayerShape(inputs: hiddenSize, outputs: intermediateSize),
      "mlp.up_proj": LayerShape(inputs: hiddenSize, outputs: intermediateSize),
      "mlp.down_proj": LayerShape(inputs: intermediateSize, outputs: hiddenSize),
    ]
    var all: [String: LayerShape] = [:]
    for layer in 0..<layerCount {
      for (name, shape) in shapes { all["layers.\(layer).\(name)"] = shape }
    }
    return all
  }
}
