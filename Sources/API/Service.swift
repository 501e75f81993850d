public import Accounts
import Flux2
public import HTTP
public import Rendering
import Text
import Web

/// The image service as an HTTP handler: all of its routes, on one port.
public final class Service: Handler {
  private let router: Router
  private let authenticator: Authenticator
  private let images: ImageRoutes
  private let trustedProxies: TrustedProxies
  private let crossOrigins: CrossOrigins
  /// Guards a service without keys; nil with keys.
  private let browserGuard: BrowserGuard?
  private let contexts = RequestContextStore()
  private let metrics = Metrics()
  private let models: ServedModels
  private let renders: RenderService
  private let log: AccessLog
  /// The pages for browsers; nil without them.
  private let pages: WebPages?
  private let currency: String

  /// Creates a service that is not ready to render until `begin` gives it a model.
  /// - Parameters:
  ///   - configuration: The settings of the service.
  ///   - renders: Queues and runs the renders.
  ///   - keys: The keys that may render; nil lets everyone.
  ///   - node: Admits and charges by the limits and credit of keys; nil if nothing is measured.
  ///   - log: Records the requests.
  public init(
    configuration: ServiceConfiguration = .init(), renders: RenderService,
    keys: (any KeyAuthenticating)?, node: ServingNode? = nil, log: AccessLog = .off
  ) {
    currency = configuration.currency
    models = ServedModels(configuration) { OpenAPIDocument.bytes(of: $0, configuration) }
    authenticator = Authenticator(
      keys: keys, secondsUntilIdle: { renders.secondsUntilEmpty }, log: log.note)
    trustedProxies = configuration.trustedProxies
    crossOrigins = configuration.crossOrigins
    browserGuard =
      keys == nil
      ? BrowserGuard(hosts: configuration.allowedHosts, origins: configuration.crossOrigins) : nil
    self.renders = renders
    self.log = log
    pages = configuration.servesPages ? WebPages(configuration, hasKeys: keys != nil) : nil
    images = ImageRoutes(
      configuration: configuration, authenticator: authenticator, contexts: contexts,
      models: models,
      renders: renders, metrics: metrics,
      metering: Metering(
        node: node, lowestPrice: models.lowestPrice,
        settlementPatience: .seconds(configuration.settlementSeconds), metrics: metrics),
      memory: MemoryBudget(
        byteCount: configuration.memoryBytes, renderCount: renders.slots))
    router =
      Routes(
        configuration: configuration, images: images, authenticator: authenticator,
        contexts: contexts
      ).router
  }

  /// Creates a service that is ready to render.
  /// - Parameters:
  ///   - configuration: The settings of the service.
  ///   - rendering: The loaded model.
  ///   - loras: The LoRAs that requests may name, opened.
  ///   - renders: Queues and runs the renders.
  ///   - keys: The keys that may render; nil lets everyone.
  ///   - node: Admits and charges by the limits and credit of keys; nil if nothing is measured.
  ///   - log: Records the requests.
  public convenience init(
    configuration: ServiceConfiguration = .init(), rendering: any ImageRendering,
    loras: LoRARegistry = LoRARegistry(), renders: RenderService,
    keys: (any KeyAuthenticating)?, node: ServingNode? = nil, log: AccessLog = .off
  ) {
    self.init(configuration: configuration, renders: renders, keys: keys, node: node, log: log)
    begin([ModelOffer(rendering, loras: loras)])
  }

  /// Accepts renders from now on, and reports to be ready.
  /// - Parameter offers: One for each model of the configuration, in their order.
  public func begin(_ offers: [ModelOffer]) { models.begin(offers) }

  /// Reads the registries of LoRAs again; without effect before the service begins.
  ///
  /// Accepted requests keep their LoRA, also where the new registry lacks it.
  /// - Throws: `RenderError` for a registry that is not valid; the present one then stays.
  public func reloadLoRAs() throws { try models.reloadLoRAs() }

  /// Refuses new renders and reports not to be ready; accepted renders are finished.
  public func drain() { authenticator.drain() }

  /// Serves the metrics of this service.
  public var metricsHandler: MetricsHandler {
    MetricsHandler { [metrics, renders, images, models, currency] in
      metrics.text(
        Metrics.Gauges(
          renders: renders.statistics,
          cache: models.cacheStatistics, isReady: images.isReady,
          loadedModels: models.loaded,
          currency: currency,
          memoryLimitBytes: images.memory.byteCount,
          memoryReservedBytes: images.memory.reservedByteCount))
    }
  }

  /// Serves the administration of a store, and the present state of this service.
  public func administration(of store: Store, token: AdminToken) -> AdminHandler {
    let configuration = images.configuration
    return AdminHandler(
      store: store, token: token, hosts: configuration.allowedHosts,
      trustedProxies: trustedProxies, log: log, servesPages: configuration.servesPages
    ) { [metrics, renders, images, models] in
      AdminStatus(
        trouble: images.trouble, currency: configuration.currency, models: models.all,
        renders: renders,
        active: images.metering.renders.all, memory: images.memory, counts: metrics.counts
      ).json
    }
  }

  /// True if the service accepts renders.
  public var isReady: Bool { images.isReady }

  // MARK: Handler

  /// Accepts or refuses a request by its head.
  public func admit(_ head: RequestHead) throws -> Admission {
    contexts.open(head.number).update { [trustedProxies] facts in
      facts.client = trustedProxies.client(of: head)
      facts.requestID = trustedProxies.requestID(of: head)
    }
    try browserGuard?.check(head)
    if let response = try crossOrigins.preflight(head) {
      return .respond(signed(response, head, head.number))
    }
    return signed(try route(head), head)
  }

  /// Finds the route of a request.
  private func route(_ head: RequestHead) throws -> Admission {
    do {
      return try router.admit(head)
    } catch let error as HTTPError where error.code == .notFound {
      guard let page = pages?.answer(to: head) else { throw UnknownPath(head.target.path).error }
      contexts.context(for: head.number)?.update { $0.route = page.route }
      return .respond(page.response)
    }
  }

  /// Returns the response to an error.
  public func response(
    to error: any Error, for head: RequestHead?, number: UInt64
  ) -> Response {
    // A request with a head was admitted; if its context is gone, so is the client.
    let context =
      head == nil ? contexts.open(number) : contexts.context(for: number) ?? RequestContext()
    let answer = APIError.answering(error, requestID: contexts.id(of: number))
    context.record(error, answeredBy: answer)
    return signed(answer.response, head, number)
  }

  /// Records a finished request in the metrics and the log.
  public func finished(_ record: ExchangeRecord) {
    let facts = contexts.close(record.number) ?? RequestContext.Facts()
    metrics.record(record, facts)
    log.record(record, facts, id: contexts.id(of: record.number, facts))
  }

  /// Adds the common header fields to every response that an admission may lead to.
  private func signed(_ admission: Admission, _ head: RequestHead) -> Admission {
    switch admission {
    case .respond(let response): .respond(signed(response, head, head.number))
    case .accept(let limit, let responder):
      .accept(bodyLimit: limit) { [self] request, exchange in
        signed(try await responder(request, exchange), head, head.number)
      }
    case .deferred(let decide): .deferred { [self] in signed(try await decide(), head) }
    }
  }

  /// Adds the header fields that every response carries.
  private func signed(_ response: Response, _ head: RequestHead?, _ number: UInt64) -> Response {
    var response = response
    response.headers["x-request-id"] = ByteString(contexts.id(of: number))
    response.headers["x-content-type-options"] = "nosniff"
    contexts.context(for: number)?.facts.rateLimit?.mark(&response.headers)
    crossOrigins.mark(&response.headers, answering: head)
    return response
  }
}
