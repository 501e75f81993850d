import Accounts
import Flux2
import JSON
import Rendering
import Synchronization
import Text

/// The models of a service, and the OpenAPI document that describes what requests may ask of them.
final class ServedModels: Sendable {
  /// The models in the order of the configuration.
  let all: [ServedModel]
  /// The model of requests that name none.
  let first: ServedModel
  private let describe: @Sendable ([ServedModel]) -> [UInt8]
  private let openAPIDocument: Mutex<[UInt8]>

  /// Creates models that are not offered yet.
  /// - Parameter describe: Writes the OpenAPI document; called again whenever what requests may ask changes.
  init(
    _ configuration: ServiceConfiguration,
    describe: @escaping @Sendable ([ServedModel]) -> [UInt8]
  ) {
    first = ServedModel(configuration.model, of: configuration)
    all = [first] + configuration.otherModels.map { ServedModel($0, of: configuration) }
    self.describe = describe
    openAPIDocument = Mutex(describe(all))
  }

  /// The OpenAPI document.
  var document: [UInt8] { openAPIDocument.withLock { $0 } }

  /// The lowest price of an image.
  var lowestPrice: Money { all.map(\.configuration.price).min() ?? .zero }

  /// True for each model that renders at once, by its id.
  var loaded: [String: Bool] {
    let loaded = all.map { ($0.configuration.id, (try? $0.rendering)?.identity?.isLoaded ?? false) }
    return Dictionary(loaded) { first, _ in first }
  }

  /// Hits, misses and size of the caches of all models.
  var cacheStatistics: ConditioningCacheStatistics {
    all.compactMap { try? $0.rendering }.reduce(into: ConditioningCacheStatistics()) {
      $0 += $1.cacheStatistics
    }
  }

  /// Returns the model that has a name; nil if none has.
  func named(_ name: ByteString) -> ServedModel? {
    all.first { $0.configuration.names.contains(where: name.equals) }
  }

  /// Returns the model that a request names, or else the first one, whose table then judges the name.
  func model(of members: [JSONObject.Member]) -> ServedModel {
    guard all.count > 1,
      case .string(let name)? = members.last(where: { $0.name.equals(RequestParameter.model.name) }
      )?
      .value
    else { return first }
    return named(name) ?? first
  }

  /// Offers the models to requests.
  /// - Parameter offers: One for each model, in their order.
  func begin(_ offers: [ModelOffer]) {
    precondition(offers.count == all.count, "an offer is missing, or one too many")
    for (model, offer) in zip(all, offers) { model.begin(offer) }
    updateDocument()
  }

  /// Reads the registries of LoRAs again.
  func reloadLoRAs() throws {
    defer { updateDocument() }
    for model in all { try model.reloadLoRAs() }
  }

  private func updateDocument() {
    let document = describe(all)
    openAPIDocument.withLock { $0 = document }
  }
}
