/// A parsed tensor name of an adapter file (spec §10).
struct AdapterKey: Equatable {
  /// The role of a tensor in its layer.
  enum Role: String, CaseIterable {
    /// LoRA: into the low rank, `[r, C]`.
    case down
    /// LoRA: out of the low rank, `[D, r]`.
    case up
    /// The bias of LoRA's second matrix, `[D]`.
    case upBias
    /// Numerator of the layer's own scale.
    case alpha
    /// A DoRA's length of each row, `[D]`.
    case magnitude
    /// Every element of the change, `[D, C]`.
    case difference = "diff"
    /// The change of the bias, `[D]`.
    case biasDifference = "diff_b"
    /// LoKr: the left matrix, whole or as a product.
    case left = "lokr_w1"
    case leftUp = "lokr_w1_a"
    case leftDown = "lokr_w1_b"
    /// LoKr: the right matrix.
    case right = "lokr_w2"
    case rightUp = "lokr_w2_a"
    case rightDown = "lokr_w2_b"
    /// LoHa: both matrices, each as a product.
    case firstUp = "hada_w1_a"
    case firstDown = "hada_w1_b"
    case secondUp = "hada_w2_a"
    case secondDown = "hada_w2_b"
  }

  /// The layer in some program's spelling, without the prefixes that programs put before it.
  let layer: String
  /// The role of the tensor in the layer.
  let role: Role

  /// The parts of a name by which LoRA's roles are known, of PEFT, kohya and old diffusers; `weight` or `bias`
  /// stands behind them.
  private static let matrices: [String: Role] = [
    "lora_A": .down, "lora_down": .down, "lora.down": .down,
    "lora_B": .up, "lora_up": .up, "lora.up": .up,
  ]
  /// The parts of a name by which other roles are known.
  private static let others: [String: Role] = [
    "alpha": .alpha, "dora_scale": .magnitude, "lora_magnitude_vector": .magnitude,
  ].merging(
    Role.allCases.filter { $0.rawValue.utf8.contains(UInt8(ascii: "_")) || $0 == .difference }
      .map { ($0.rawValue, $0) }
  ) { first, _ in first }

  /// Beginnings of names that stand for a program or for one of its models.
  private static let prefixes = [
    "base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.",
    "lora_unet_", "lora_transformer_", "lycoris_",
    "text_encoder.", "text_encoders.", "qwen3_4b.", "qwen3_8b.", "model.", "lora_te_", "lora_te1_",
    "model_",
  ]

  /// Parses a name; nil when it has no role that is known.
  init?(_ name: String) {
    guard let (layer, role) = Self.split(name) else { return nil }
    var rest = layer[...]
    while let prefix = Self.prefixes.first(where: { rest.hasPrefix($0) }) {
      rest = rest.dropFirst(prefix.count)
    }
    // Some exports cut the first letters off this one name.
    self.layer = (rest.hasPrefix("sformer_blocks.") ? "tran" : "") + rest
    self.role = role
  }

  /// Takes a name apart at its role.
  ///
  /// PEFT puts the name of an adapter, as `default`, behind the role while it trains, and some programs save it
  /// so.
  private static func split(_ name: String) -> (layer: String, role: Role)? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    for index in parts.indices.dropFirst().reversed() {
      let tail = Array(parts[(index + 1)...])
      let isPair = index > 1 && parts[index - 1] == "lora"
      let word = isPair ? "lora." + parts[index] : parts[index]
      let layer = parts[..<(isPair ? index - 1 : index)].joined(separator: ".")
      if let role = matrices[word], (1...2).contains(tail.count) {
        if tail.last == "weight" { return (layer, role) }
        if tail.last == "bias", role == .up { return (layer, .upBias) }
      }
      if let role = others[word], allows(tail, behind: role) { return (layer, role) }
    }
    return nil
  }

  /// Returns true for what may stand behind a role: the name of an adapter, and `weight` behind a magnitude.
  private static func allows(_ tail: [String], behind role: Role) -> Bool {
    switch role {
    case .alpha, .difference, .biasDifference: tail.isEmpty
    case .magnitude: tail.count < 2 || tail.count == 2 && tail[1] == "weight"
    default: tail.count < 2
    }
  }

  /// The reason why a name without a role is refused.
  static func refusal(of name: String) -> String {
    let marks = [
      ("lora_mid", "a Tucker decomposition"), ("lokr_t2", "a Tucker decomposition"),
      ("hada_t", "a Tucker decomposition"), ("oft_", "an OFT adapter"), ("boft_", "a BOFT adapter"),
      ("ia3_", "an IA3 adapter"), ("w_norm", "the change of a norm"),
      ("b_norm", "the change of a norm"),
      ("set_weight", "the replacement of a weight"), ("reshape_weight", "a layer of another shape"),
    ]
    for (mark, kind) in marks
    where name.split(separator: ".").contains(where: { $0.hasPrefix(mark) }) {
      return "\(name) belongs to \(kind), which is not supported"
    }
    return "\(name) is no tensor of a LoRA, LoHa, LoKr or full difference"
  }
}
