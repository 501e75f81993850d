import Flux2
import JSON
import Rendering

/// `iris loras`: lists the registry of LoRAs with what each is for a model, or why the model cannot use it.
struct LoRAsCommand {
  private let directory: String
  private let model: ModelFiles
  private let asJSON: Bool

  init(_ invocation: Invocation) throws {
    let installation = Installation()
    directory = invocation.value(.loras) ?? installation.loras
    model = try ModelLocator.files(
      invocation, directory: invocation.value(.model), fallback: installation.defaultModel)
    asJSON = invocation.has(.json)
  }

  func run() throws {
    let registry = try LoRARegistry(directory: directory)
    Console.warn(registry.warnings)
    // In float32 nothing is quantised: the weights are mapped, and read only where a DoRA changes them.
    let renderer = try Renderer(model: model, threadCount: 1, precision: .float32)
    let opened = renderer.opened(registry)
    let fitting = renderer.fitting(registry).entries
    let rows = registry.entries.map { entry in
      Row(
        entry, opened: opened,
        isFitting: fitting.contains { $0.name == entry.name && $0.file == entry.file })
    }
    if asJSON {
      return try Console.print(JSONValue.array(rows.map(\.json)).text(.sorted))
    }
    var table = TextTable([
      .text("NAME"), .number("STRENGTH"), .text("MODELS"), .text("ADAPTER"), .text("DESCRIPTION"),
    ])
    for line in table.lines(rows.map(\.cells)) { try Console.print(line) }
  }
}

/// An entry of the registry beside a model.
private struct Row {
  private let entry: LoRARegistry.Entry
  /// What the opened file is; nil where the model cannot use it.
  private let adapter: String?
  /// Why the model cannot use it.
  private let problem: String?

  init(_ entry: LoRARegistry.Entry, opened: LoRARegistry, isFitting: Bool) {
    self.entry = entry
    adapter =
      opened.entries.first { $0.name == entry.name && $0.file == entry.file }?.adapter?.summary
    let reason = isFitting ? opened.unusable.first { $0.name == entry.name }?.reason : nil
    problem = adapter == nil ? reason ?? "it is for other models" : nil
  }

  var json: JSONValue {
    .object(present: [
      ("name", .string(entry.name)), ("file", .string(entry.file)),
      ("description", .string(entry.description)),
      ("default_strength", .number(entry.defaultStrength)),
      ("models", .array(entry.models.map { .string($0) })),
      ("adapter", adapter.map { .string($0) }), ("problem", problem.map { .string($0) }),
    ])
  }

  var cells: [String] {
    [
      entry.name, "\(entry.defaultStrength)",
      entry.models.isEmpty ? "any" : entry.models.joined(separator: ", "),
      adapter ?? "cannot be used: \(problem ?? "")", entry.description,
    ]
  }
}
