/// What a tensor's name in an adapter file says (spec §10).
struct LoRAKey: Equatable {
  /// What the tensor is to its layer.
  enum Role: Equatable {
    /// `A`, into the low rank.
    case down
    /// `B`, out of the low rank.
    case up
    /// Numerator of the layer's own scale.
    case alpha
  }

  /// The layer in some program's spelling, without the prefixes that programs put before it.
  let layer: String
  /// What the tensor is to the layer.
  let role: Role

  /// Endings of names; PEFT, old diffusers, kohya and ai-toolkit each have their own.
  private static let endings: [(String, Role)] = [
    (".lora_A.weight", .down), (".lora_A.default.weight", .down), (".lora_down.weight", .down),
    (".lora.down.weight", .down),
    (".lora_B.weight", .up), (".lora_B.default.weight", .up), (".lora_up.weight", .up),
    (".lora.up.weight", .up),
    (".alpha", .alpha),
  ]

  /// Beginnings of names that say only which program or which of its models wrote them.
  private static let prefixes = [
    "base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.",
    "lora_unet_", "lora_transformer_",
  ]

  /// Parses a name; `nil` when it ends in no known way.
  init?(_ name: String) {
    guard let (ending, role) = Self.endings.first(where: { name.hasSuffix($0.0) }) else {
      return nil
    }
    var layer = name.dropLast(ending.count)
    while let prefix = Self.prefixes.first(where: { layer.hasPrefix($0) }) {
      layer = layer.dropFirst(prefix.count)
    }
    // Some exports cut the first letters off this one name.
    self.layer = (layer.hasPrefix("sformer_blocks.") ? "tran" : "") + layer
    self.role = role
  }
}
