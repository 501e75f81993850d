import Rendering

/// Opens the LoRAs of a service, and logs those that cannot be used.
struct LoRALoader: Sendable {
  /// The folder of `registry.json`.
  let directory: String
  let renderer: Renderer
  let log: LogWriter

  /// Reads the registry anew, and opens what it lists.
  @Sendable func read() throws -> LoRARegistry { open(try LoRARegistry(directory: directory)) }

  /// Opens what a registry lists.
  func open(_ registry: LoRARegistry) -> LoRARegistry {
    let opened = renderer.opened(registry)
    for remark in opened.remarks { log.write("iris: \(TerminalText.oneLine(remark))") }
    return opened
  }
}
