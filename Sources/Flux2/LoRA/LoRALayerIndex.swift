/// Finds a layer by any of the spellings that adapter files use (spec §10).
struct LoRALayerIndex {
  /// The layers by the spellings of diffusers and of BFL, each with dots and with underscores.
  private let layers: [String: LayerSpelling]

  /// Lists the spellings of a transformer's layers.
  init(_ configuration: TransformerConfiguration) {
    var layers: [String: LayerSpelling] = [:]
    for spelling in LayerSpelling.all(
      doubleBlockCount: configuration.doubleBlockCount,
      singleBlockCount: configuration.singleBlockCount)
    {
      layers[spelling.original] = spelling
      for path in spelling.paths { layers[path] = LayerSpelling(path, path) }
    }
    for (name, spelling) in layers {
      layers[String(name.map { $0 == "." ? "_" : $0 })] = spelling
    }
    self.layers = layers
  }

  /// The layer of a name without prefixes; `nil` if the transformer has none.
  func layer(_ name: String) -> LayerSpelling? { layers[name] }
}
