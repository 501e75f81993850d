/// Finds a layer by any of the spellings that adapter files use (spec §10).
struct LoRALayerIndex {
  /// The layers by the spellings of diffusers and of BFL, each with dots and with underscores.
  private let layers: [String: KeyMapping]

  /// Lists the spellings of a transformer's layers.
  init(_ configuration: TransformerConfiguration) {
    var layers: [String: KeyMapping] = [:]
    for spelling in KeyMapping.all(
      doubleBlockCount: configuration.doubleBlockCount,
      singleBlockCount: configuration.singleBlockCount)
    {
      layers[spelling.original] = spelling
      for path in spelling.paths { layers[path] = KeyMapping(path, path) }
    }
    for (name, spelling) in layers {
      layers[String(name.map { $0 == "." ? "_" : $0 })] = spelling
    }
    self.layers = layers
  }

  /// The layer of a name without prefixes; `nil` if the transformer has none.
  func layer(_ name: String) -> KeyMapping? { layers[name] }
}
