import Flux2

extension Renderer {
  /// Opens every LoRA of a registry and matches it against the model, so that renders read no files.
  ///
  /// An opened LoRA does not change with its file.
  /// - Returns: The registry with the usable LoRAs, and the reasons why the others are not.
  public func opened(_ registry: LoRARegistry) -> LoRARegistry {
    var entries: [LoRARegistry.Entry] = []
    var unusable = registry.unusable
    for var entry in registry.entries {
      do {
        entry.adapter = try pipeline.loadAdapter(file: entry.file)
        entries.append(entry)
      } catch {
        unusable.append(
          LoRARegistry.Unusable(
            name: entry.name, reason: String(error.detail.prefix(Self.reasonLimit)),
            detail: error.description))
      }
    }
    return LoRARegistry(
      entries: entries, unusable: unusable, warnings: registry.warnings)
  }

  /// The most characters of a reason, which may hold tensor names of any length.
  private static let reasonLimit = 300

  /// Renders, and blames the LoRA, if there is one, for numbers that overflow.
  func finite<Result>(_ plan: RenderPlan, _ render: () throws -> Result) throws -> Result {
    do {
      return try render()
    } catch let error as Flux2Error where error.code == .overflow {
      guard let lora = plan.lora, lora.strength != 0 else { throw error }
      throw RenderError(
        .invalidRequest, of: .lora,
        "the LoRA `\(lora.name)` at strength \(lora.strength) makes the model's numbers overflow; try "
          + "a lower one")
    }
  }
}

extension LoRARegistry {
  /// Lines for the operator: one for each LoRA that cannot be used, and the warnings about the others.
  public var remarks: [String] {
    warnings.map { "warning: \($0.message)" }
      + unusable.map { "the LoRA `\($0.name)` cannot be used: \($0.detail)" }
      + entries.flatMap { entry in
        (entry.adapter?.warnings ?? []).map { "warning: the LoRA `\(entry.name)`: \($0.message)" }
      }
  }
}
