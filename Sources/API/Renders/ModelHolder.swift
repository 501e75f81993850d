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
