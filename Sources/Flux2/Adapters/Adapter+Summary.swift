extension Adapter {
  /// Its kinds and how many layers they change, as in `LoRA of rank 16 in 40 layers` and `LoKr, DoRA in 14
  /// layers, 4 of them of the text encoder`.
  public var summary: String {
    var kinds: [String] = []
    for change in changes.sorted(by: { $0.key < $1.key }).map(\.value) {
      for kind in change.kinds where !kinds.contains(kind) { kinds.append(kind) }
    }
    let count = changes.count
    let encoderCount = changes.keys.count { $0.hasPrefix(AdapterLayerIndex.textEncoderPrefix) }
    return kinds.joined(separator: ", ") + " in \(count) layer\(count == 1 ? "" : "s")"
      + (encoderCount > 0 ? ", \(encoderCount) of them of the text encoder" : "")
  }
}

extension LayerChange {
  /// The words for what it consists of.
  fileprivate var kinds: [String] {
    let weight: String? =
      switch weight {
      case .matrix(let matrix): matrix.rank.map { "LoRA of rank \($0)" } ?? "full difference"
      case .kronecker: "LoKr"
      case .hadamard(let product): "LoHa of rank \(product.rank)"
      case nil: nil
      }
    return [weight, bias.map { _ in "bias" }, decomposition.map { _ in "DoRA" }].compactMap { $0 }
  }
}
