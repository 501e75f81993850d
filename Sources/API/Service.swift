public import Accounts
public import HTTP
public import Rendering
internal import Text

/// Everything that clients can ask for, as one handler.
public final class Service: Handler {
  private let router: Router
  private let authenticator: Authenticator
  private let images: ImageRoutes
  private let trustedProxies: TrustedProxies
  private let crossOrigins: CrossOrigins
  /// Nil where keys tell who may ask.
  private let browserGuard: BrowserGuard?
  private let contexts = RequestContextStore()
  private let metrics = Metrics()
  private let model: ModelHolder
  private let renders: RenderService
  private let log: AccessLog

  /// Puts a service together that is not ready to render yet: `begin` makes it so.
  /// - Parameters:
  ///   - configuration: How it answers.
  ///   - renders: Where renders wait and run.
  ///   - keys: Who may ask; nil lets everyone.
  ///   - log: Where requests are written down.
  public init(
    configuration: ServiceConfiguration = .init(), renders: RenderService,
    keys: (any KeyAuthenticating)?, log: AccessLog = .off
  ) {
    model = ModelHolder(configuration)
    authenticator = Authenticator(
      keys: keys, secondsUntilIdle: { renders.secondsUntilEmpty }, log: log.note)
    trustedProxies = configuration.trustedProxies
    crossOrigins = configuration.crossOrigins
    browserGuard =
      keys == nil
      ? BrowserGuard(hosts: configuration.allowedHosts, origins: configuration.crossOrigins) : nil
    self.renders = renders
    self.log = log
    images = ImageRoutes(
      configuration: configuration, authenticator: authenticator, contexts: contexts, model: model,
      renders: renders, metrics: metrics,
      memory: MemoryBudget(
        byteCount: configuration.memoryBytes, renderCount: renders.slots))
    router =
      Routes(
        configuration: configuration, images: images, authenticator: authenticator,
        contexts: contexts
      ).router
  }

  /// Puts a service together that renders from the start.
  /// - Parameters:
  ///   - configuration: How it answers.
  ///   - rendering: What draws.
  ///   - loras: The LoRAs that requests may name.
  ///   - renders: Where renders wait and run.
  ///   - keys: Who may ask; nil lets everyone.
  ///   - log: Where requests are written down.
  public convenience init(
    configuration: ServiceConfiguration = .init(), rendering: any ImageRendering,
    loras: LoRARegistry = LoRARegistry(), renders: RenderService,
    keys: (any KeyAuthenticating)?, log: AccessLog = .off
  ) {
    self.init(configuration: configuration, renders: renders, keys: keys, log: log)
    begin(with: rendering, loras: loras)
  }

  /// Takes renders from now on, and reports to be ready.
  /// - Parameters:
  ///   - rendering: What draws.
  ///   - loras: The LoRAs that requests may name, opened.
  ///   - readLoRAs: Reads their registry anew, opened, for `reloadLoRAs`.
  public func begin(
    with rendering: any ImageRendering, loras: LoRARegistry = LoRARegistry(),
    readLoRAs: (@Sendable () throws -> LoRARegistry)? = nil
  ) {
    model.fill(with: rendering, loras: loras, readLoRAs: readLoRAs)
  }

  /// Reads the registry of LoRAs anew; without an effect while no model is loaded.
  ///
  /// Requests that were accepted keep what they asked for, also where the new registry has it no more.
  /// - Throws: What is wrong with the registry, which then stays what it was.
  public func reloadLoRAs() throws { try model.reloadLoRAs() }

  /// Refuses new renders and reports not to be ready, while renders under way are finished.
  public func drain() { authenticator.drain() }

  /// What serves the metrics of this service.
  public var metricsHandler: MetricsHandler {
    MetricsHandler { [metrics, renders, images] in
      metrics.text(
        Metrics.Gauges(
          renders: renders.statistics, isReady: images.isReady,
          memoryLimitBytes: images.memory.byteCount,
          memoryReservedBytes: images.memory.reservedByteCount))
    }
  }

  /// Whether renders are taken.
  public var isReady: Bool { images.isReady }

  // MARK: Handler

  /// Decides about a request on its head.
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

  /// Lets the path of a request decide.
  private func route(_ head: RequestHead) throws -> Admission {
    do {
      return try router.admit(head)
    } catch let error as HTTPError where error.code == .notFound {
      throw UnknownPath(head.target.path).error
    }
  }

  /// Words the answer to whatever went wrong.
  public func response(
    to error: any Error, for head: RequestHead?, number: UInt64
  ) -> Response {
    // What had a head was admitted; if its notes are gone, so is the client.
    let context =
      head == nil ? contexts.open(number) : contexts.context(for: number) ?? RequestContext()
    return signed(context.answer(to: error, id: contexts.id(of: number)).response, head, number)
  }

  /// Writes an exchange down.
  public func finished(_ record: ExchangeRecord) {
    let facts = contexts.close(record.number) ?? RequestContext.Facts()
    metrics.record(record, facts)
    log.record(record, facts, id: contexts.id(of: record.number, facts))
  }

  /// Has every answer that may come of a decision carry what all do.
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

  /// Adds what every answer carries.
  private func signed(_ response: Response, _ head: RequestHead?, _ number: UInt64) -> Response {
    var response = response
    response.headers["x-request-id"] = ByteString(contexts.id(of: number))
    response.headers["x-content-type-options"] = "nosniff"
    crossOrigins.mark(&response.headers, answering: head)
    return response
  }
}
