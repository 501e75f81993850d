public import Rendering
import Synchronization
import Text

/// One of the models of a service, as it is offered once the service begins.
public struct ModelOffer: Sendable {
  /// Prepares and renders.
  let rendering: any ImageRendering
  /// The LoRAs that requests may name, opened.
  let loras: LoRARegistry
  /// Reads their registry anew, opened.
  let readLoRAs: (@Sendable () throws -> LoRARegistry)?
  /// The work of an image beside the same one of the first model.
  let relativeCost: Double

  /// Creates an offer.
  /// - Parameters:
  ///   - rendering: Prepares and renders.
  ///   - relativeCost: The work of an image beside the same one of the first model, by which the queue is fair and
  ///     waits are estimated.
  ///   - loras: The LoRAs that requests may name, opened.
  ///   - readLoRAs: Reads their registry anew, opened, for `Service.reloadLoRAs`.
  public init(
    _ rendering: any ImageRendering, relativeCost: Double = 1,
    loras: LoRARegistry = LoRARegistry(), readLoRAs: (@Sendable () throws -> LoRARegistry)? = nil
  ) {
    (self.rendering, self.loras, self.readLoRAs) = (rendering, loras, readLoRAs)
    self.relativeCost = relativeCost
  }
}

/// A model of a service: its settings, and what requests may use of it, which is nothing until it is offered.
final class ServedModel: Sendable {
  private struct State {
    var offer: ModelOffer?
    var capabilities: ModelCapabilities
  }

  let configuration: ModelConfiguration
  private let service: ServiceConfiguration
  private let state: Mutex<State>

  /// Creates a model that is not offered yet; no LoRA may be named until it is.
  init(_ configuration: ModelConfiguration, of service: ServiceConfiguration) {
    self.configuration = configuration
    self.service = service
    state = Mutex(
      State(
        capabilities: ModelCapabilities(
          configuration, of: service, loras: LoRARegistry(), defaults: .distilled)))
  }

  /// The parameters and LoRAs that requests may use.
  var capabilities: ModelCapabilities { state.withLock { $0.capabilities } }

  /// What prepares and renders.
  /// - Throws: `APIError` with `backendUnavailable` until the model is offered.
  var rendering: any ImageRendering { get throws(APIError) { try offer.rendering } }

  /// The work of an image beside the same one of the first model.
  var relativeCost: Double { get throws(APIError) { try offer.relativeCost } }

  private var offer: ModelOffer {
    get throws(APIError) {
      guard let offer = state.withLock({ $0.offer }) else {
        throw .unavailable("the model is being loaded")
      }
      return offer
    }
  }

  /// Offers the model to requests.
  func begin(_ offer: ModelOffer) {
    let capabilities = ModelCapabilities(
      configuration, of: service, loras: offer.loras, defaults: offer.rendering.defaults)
    state.withLock { $0 = State(offer: offer, capabilities: capabilities) }
  }

  /// Reads the registry of LoRAs again; accepted requests keep their LoRA.
  func reloadLoRAs() throws {
    guard let read = state.withLock({ $0.offer })?.readLoRAs else { return }
    let capabilities = ModelCapabilities(
      configuration, of: service, loras: try read(), defaults: capabilities.defaults)
    state.withLock { $0.capabilities = capabilities }
  }
}

/// The parameters and LoRAs that requests may use, computed once for a model and a registry.
struct ModelCapabilities: Sendable {
  /// The LoRAs that may be named, opened.
  let loras: LoRARegistry
  /// The values of parameters that a request leaves out.
  let defaults: RenderDefaults
  /// The parameters of each endpoint.
  let tables: [Endpoint: FieldTable]

  init(
    _ configuration: ModelConfiguration, of service: ServiceConfiguration, loras: LoRARegistry,
    defaults: RenderDefaults
  ) {
    var tables: [Endpoint: FieldTable] = [:]
    for endpoint in Endpoint.allCases {
      tables[endpoint] = FieldTable(
        for: endpoint, service, configuration, loras: loras, defaults: defaults)
    }
    self.loras = loras
    self.defaults = defaults
    self.tables = tables
  }

  /// Returns the parameters of an endpoint.
  func table(for endpoint: Endpoint) -> FieldTable { tables[endpoint] ?? FieldTable([]) }
}
