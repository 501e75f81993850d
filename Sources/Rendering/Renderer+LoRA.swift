import Flux2

extension Renderer {
  /// Opens every LoRA of a registry and matches it against the model, so that renders read no files.
  ///
  /// An opened LoRA does not change with its file.
  /// - Parameters:
  ///   - registry: The registry.
  ///   - id: The name under which the model is served.
  /// - Returns: The registry with the LoRAs that this model can use, and the reasons why it cannot use others.
  public func opened(_ registry: LoRARegistry, servedAs id: String? = nil) -> LoRARegistry {
    let registry = fitting(registry, servedAs: id)
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

  /// Returns a registry without the LoRAs that are for other models.
  public func fitting(_ registry: LoRARegistry, servedAs id: String? = nil) -> LoRARegistry {
    registry.fitting { word in
      [id, folderName].contains(word)
        || word.utf8.count >= Self.hashDigits && modelHash.utf8.starts(with: word.utf8)
    }
  }

  /// The fewest digits of a hash that stand for it.
  private static let hashDigits = 8

  /// The most characters of a reason, which may hold tensor names of any length.
  private static let reasonLimit = 300

  /// Renders, and blames the LoRAs, if there are any, for numbers that overflow.
  func finite<Result>(_ plan: RenderPlan, _ render: () throws -> Result) throws -> Result {
    do {
      return try render()
    } catch let error as Flux2Error where error.code == .overflow {
      let loras = plan.activeLoRAs.map { "the LoRA `\($0.name)` at strength \($0.strength)" }
      guard !loras.isEmpty else { throw error }
      throw RenderError(
        .invalidRequest, of: loras.count == 1 ? .lora : .loras,
        loras.joined(separator: " and ") + " \(loras.count == 1 ? "makes" : "make") the model's "
          + "numbers overflow; try a lower one")
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
