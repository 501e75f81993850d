import JSON
import Rendering
import Synchronization

/// Holds the loaded model, and nothing until it is loaded.
final class ModelHolder: Sendable {
  private struct State {
    var rendering: (any ImageRendering)?
    var capabilities: ModelCapabilities
    var readLoRAs: (@Sendable () throws -> LoRARegistry)?
  }

  private let configuration: ServiceConfiguration
  private let state: Mutex<State>

  /// Creates a holder without a model; no LoRA may be named until one is loaded.
  init(_ configuration: ServiceConfiguration) {
    self.configuration = configuration
    state = Mutex(
      State(
        capabilities: ModelCapabilities(
          configuration, loras: LoRARegistry(), defaults: .distilled)))
  }

  /// The parameters and LoRAs that requests may use.
  var capabilities: ModelCapabilities { state.withLock { $0.capabilities } }

  /// The loaded model.
  /// - Throws: `APIError` with `backendUnavailable` until there is one.
  var rendering: any ImageRendering {
    get throws(APIError) {
      guard let rendering = state.withLock({ $0.rendering }) else {
        throw .unavailable("the model is being loaded")
      }
      return rendering
    }
  }

  /// Sets the model.
  /// - Parameters:
  ///   - loras: The LoRAs that requests may name, opened.
  ///   - readLoRAs: Reads their registry again, and opens it.
  func set(
    _ rendering: any ImageRendering, loras: LoRARegistry,
    readLoRAs: (@Sendable () throws -> LoRARegistry)?
  ) {
    let capabilities = ModelCapabilities(
      configuration, loras: loras, defaults: rendering.defaults)
    state.withLock {
      $0 = State(rendering: rendering, capabilities: capabilities, readLoRAs: readLoRAs)
    }
  }

  /// Reads the registry of LoRAs again; accepted requests keep their LoRA.
  func reloadLoRAs() throws {
    guard let read = state.withLock({ $0.readLoRAs }) else { return }
    let capabilities = ModelCapabilities(
      configuration, loras: try read(), defaults: capabilities.defaults)
    state.withLock { $0.capabilities = capabilities }
  }
}

/// The parameters and LoRAs that requests may use, computed once for a model and a registry.
struct ModelCapabilities: Sendable {
  /// The LoRAs that may be named, opened.
  let loras: LoRARegistry
  /// The values of parameters that a request leaves out.
  let defaults: RenderDefaults
  /// The OpenAPI document.
  let document: [UInt8]
  private let tables: [Endpoint: FieldTable]

  init(_ configuration: ServiceConfiguration, loras: LoRARegistry, defaults: RenderDefaults) {
    var tables: [Endpoint: FieldTable] = [:]
    for endpoint in Endpoint.allCases {
      tables[endpoint] = FieldTable(
        for: endpoint, configuration, loras: loras, defaults: defaults)
    }
    self.loras = loras
    self.defaults = defaults
    self.tables = tables
    document = OpenAPIDocument(configuration: configuration, tables: tables).json.bytes()
  }

  /// Returns the parameters of an endpoint.
  func table(for endpoint: Endpoint) -> FieldTable { tables[endpoint] ?? FieldTable([]) }
}
