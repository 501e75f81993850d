internal import Flux2

extension Renderer {
  /// Opens every LoRA of a registry and matches it against the model, once: renders of those that can be used
  /// read no file any more.
  ///
  /// A LoRA stays what its file held when it was opened, whatever becomes of the file.
  /// - Returns: The registry with those that can be used, and why the others cannot.
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

  /// Characters of a reason: names of tensors, which are in it, are as long as a file has them.
  private static let reasonLimit = 300

  /// Renders, and says of numbers that overflow that the LoRA is to blame, if there is one.
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
  /// What whoever keeps the registry should know: a line for each LoRA that cannot be used, and what there is
  /// to say about the others.
  public var remarks: [String] {
    warnings.map { "warning: \($0.message)" }
      + unusable.map { "the LoRA `\($0.name)` cannot be used: \($0.detail)" }
      + entries.flatMap { entry in
        (entry.adapter?.warnings ?? []).map { "warning: the LoRA `\(entry.name)`: \($0.message)" }
      }
  }
}
