internal import Rendering
internal import Synchronization

/// Where the model is, once it has been loaded, and what it offers.
final class ModelHolder: Sendable {
  private struct State {
    var rendering: (any ImageRendering)?
    var offer: Offer
    var readLoRAs: (@Sendable () throws -> LoRARegistry)?
  }

  private let configuration: ServiceConfiguration
  private let state: Mutex<State>

  /// A place without a model: no LoRA may be named yet, since none was looked at.
  init(_ configuration: ServiceConfiguration) {
    self.configuration = configuration
    state = Mutex(
      State(offer: Offer(configuration, loras: LoRARegistry(), defaults: .distilled)))
  }

  /// What requests may ask for.
  var offer: Offer { state.withLock { $0.offer } }

  /// Puts a model there.
  /// - Parameters:
  ///   - loras: The LoRAs that requests may name.
  ///   - readLoRAs: Reads and opens their registry anew.
  func fill(
    with rendering: any ImageRendering, loras: LoRARegistry,
    readLoRAs: (@Sendable () throws -> LoRARegistry)?
  ) {
    let offer = Offer(configuration, loras: loras, defaults: rendering.defaults)
    state.withLock { $0 = State(rendering: rendering, offer: offer, readLoRAs: readLoRAs) }
  }

  /// Reads the registry anew; requests that were accepted keep what they asked for.
  func reloadLoRAs() throws {
    guard let read = state.withLock({ $0.readLoRAs }) else { return }
    let offer = Offer(configuration, loras: try read(), defaults: offer.defaults)
    state.withLock { $0.offer = offer }
  }

  /// What renders.
  /// - Throws: That the service is unavailable, while there is nothing that could render.
  func loaded() throws(APIError) -> any ImageRendering {
    guard let model = state.withLock({ $0.rendering }) else {
      throw .unavailable("the model is being loaded")
    }
    return model
  }
}

/// What requests may ask for just now: worked out once for a model and a registry, not for every request.
struct Offer: Sendable {
  /// The LoRAs that may be named, opened.
  let loras: LoRARegistry
  /// What holds where a request says nothing.
  let defaults: RenderDefaults
  /// The OpenAPI document.
  let document: [UInt8]
  private let tables: [Endpoint: FieldTable]

  /// Works it out.
  init(_ configuration: ServiceConfiguration, loras: LoRARegistry, defaults: RenderDefaults) {
    var tables: [Endpoint: FieldTable] = [:]
    for endpoint in Endpoint.allCases {
      tables[endpoint] = FieldTable(
        for: endpoint, configuration, loras: loras, defaults: defaults)
    }
    self.loras = loras
    self.defaults = defaults
    self.tables = tables
    document = OpenAPIDocument(configuration: configuration, tables: tables).json.bytes
  }

  /// The parameters of an endpoint.
  func table(for endpoint: Endpoint) -> FieldTable { tables[endpoint] ?? FieldTable([]) }
}
