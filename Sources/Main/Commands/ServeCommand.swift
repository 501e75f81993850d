import API
import Accounts
import Flux2
import Foundation
import HTTP
import Imaging
import Rendering
import Tensors

/// `iris serve`: runs the HTTP service until a signal ends it.
struct ServeCommand {
  private let settings: Settings
  private let printsConfiguration: Bool
  private let signals: SignalDispatcher
  private let installation = Installation()

  init(_ invocation: Invocation, signals: SignalDispatcher) throws {
    let environment = ProcessInfo.processInfo.environment
    settings = try Settings(
      invocation, environment: environment,
      defaults: SettingDefaults.values(installation: installation, environment: environment))
    printsConfiguration = invocation.has(.printConfig)
    self.signals = signals
  }

  func run() throws {
    let configuration = try ApplicationConfiguration(settings)
    let warnings =
      EnvironmentCheck.warnings(ProcessInfo.processInfo.environment) + settings.warnings
      + configuration.warnings(about: settings)
    if printsConfiguration {
      Console.warn(warnings)
      return try Console.print(settings.lines.joined(separator: "\n"))
    }
    SystemResources.disableCoreFiles()
    let log = try LogWriter(path: configuration.logFile)
    defer { log.close() }
    try serve(configuration, warnings: warnings, log: log)
  }

  /// Listens before the model is loaded, so that probes see that the service is alive and not ready.
  private func serve(
    _ configuration: ApplicationConfiguration, warnings: [RenderWarning], log: LogWriter
  ) throws {
    var configuration = configuration
    let notifier = SystemdNotifier(environment: ProcessInfo.processInfo.environment)
    let serviceSignals = ServiceSignals(signals, log: log, notifier: notifier)
    let files = try ModelLocator.files(configuration.modelParts, directory: configuration.model) {
      UsageError("the service has no model directory")
    }
    // A library that is missing is found before anyone is let in.
    let products = try ProductChoice(configuration.products)
    let inspector = try ModelInspector(files)
    let precision = inspector.precision(
      configuration.precision, memoryByteCount: SystemResources.memoryByteCount, products: products)
    // Mapped weights are left out: the system evicts them when memory is short.
    let weights = inspector.weightMemory(
      in: precision.precision, preparedDirectory: Installation.cache)
    let memory = configuration.leaveRoom(forWeights: weights.copiedByteCount, settings)
    let sizes = try configuration.checkSizes(settings) { size, references in
      inspector.activationByteCount(
        width: size.width, height: size.height,
        references: references.map { ($0.width, $0.height) })
    }
    let modelWarnings = ModelWarnings.about(
      indexKeys: inspector.indexKeys, repeatedKeys: inspector.repeatedKeys)
    for warning in warnings + modelWarnings + memory + sizes {
      log.write("iris: warning: \(TextFormat.singleLine(warning.message))")
    }
    // An invalid registry is found before the model is loaded.
    let registry = try LoRARegistry(directory: installation.loras)
    let store = try configuration.asksForKeys ? ServiceStore(configuration, log: log) : nil
    configuration.service.imageFolder = try configuration.images?.folder(of: store?.store)
    let service = service(configuration, store, log: log)
    let metrics = try listen(at: configuration.metricsAddress, "metrics", service.metricsHandler)
    let server = try listen(
      at: configuration.address, "requests", service, configuration.server,
      configuration.socketMode)
    store?.start(at: server.address)
    log.write("iris: metrics at \(Self.url(metrics.address))/metrics")
    let administration = try listenForOperators(configuration, service, store, log: log)
    serviceSignals.handle(server, service, drainWaitSeconds: configuration.drainWaitSeconds)
    notifier?.notifyStatus("loading the model")
    let renderer = try Renderer(
      model: files, threadCount: configuration.threadCount, products: products,
      precision: configuration.precision,
      memoryByteCount: SystemResources.memoryByteCount, preparedDirectory: Installation.cache,
      cacheByteCount: configuration.cacheByteCount,
      promptStore: PromptFolder.store(byteLimit: configuration.promptCacheByteCount))
    log.write("iris: renders in \(TextFormat.singleLine("\(renderer.precision)"))")
    let multiplies = products.description(in: renderer.precision.precision)
    log.write("iris: multiplies by \(TextFormat.singleLine(multiplies))")
    let loras = LoRARegistryLoader(
      directory: installation.loras, renderer: renderer, modelID: configuration.service.modelID,
      log: log)
    service.begin(with: renderer, loras: loras.open(registry), readLoRAs: loras.read)
    notifier?.notifyReady(ServiceSignals.status)
    notifier?.startWatchdog { [weak server] body in server?.perform(body) }
    // The address is for whoever reads it; a closed standard output is no error.
    try? Console.print(Self.url(server.address))
    wait(for: server)
    metrics.stop()
    administration?.stop()
    log.write("iris: ended; every accepted request was answered")
  }

  private func service(
    _ configuration: ApplicationConfiguration, _ store: ServiceStore?, log: LogWriter
  ) -> Service {
    let renders = RenderService(capacity: configuration.queueCapacity, slots: 1)
    return Service(
      configuration: configuration.service, renders: renders, keys: store?.keys,
      node: store?.node, log: AccessLog(format: configuration.logFormat) { log.write($0) })
  }

  /// Offers the administration of accounts and keys, where that is asked for.
  private func listenForOperators(
    _ configuration: ApplicationConfiguration, _ service: Service, _ store: ServiceStore?,
    log: LogWriter
  ) throws -> Server? {
    guard let address = configuration.adminAddress, let store = store?.store else { return nil }
    let (token, place) = try AdminToken.ofService(
      directory: configuration.data, environment: ProcessInfo.processInfo.environment)
    let server = try listen(
      at: address, "administration", service.administration(of: store, token: token))
    log.write(
      "iris: administration at \(Self.url(server.address))\(AdminHandler.root); its token is in "
        + TextFormat.singleLine(place))
    return server
  }

  private func listen(
    at address: BindAddress, _ purpose: String, _ handler: any Handler,
    _ limits: ServerConfiguration = ServerConfiguration(),
    _ socketMode: UInt32 = 0o600
  ) throws -> Server {
    do {
      return try Server(
        at: address, socketMode: socketMode, configuration: limits, handler: handler)
    } catch {
      throw CommandFailure("cannot listen for \(purpose) at \(address): \(Self.reason(error))")
    }
  }

  /// The error with the system's reason, such as that the address is in use.
  private static func reason(_ error: HTTPError) -> String {
    guard case .system(let number) = error.code else { return error.detail }
    return "\(error.detail): \(unsafe String(cString: strerror(number)))"
  }

  private func wait(for server: Server) {
    let end = DispatchSemaphore(value: 0)
    Task {
      await server.waitUntilEnded()
      end.signal()
    }
    end.wait()
  }

  private static func url(_ address: BindAddress) -> String {
    if case .tcp = address { "http://\(address)" } else { "\(address)" }
  }
}

/// Loads the LoRA registry of a service and logs the LoRAs that cannot be used.
struct LoRARegistryLoader: Sendable {
  /// The directory of `registry.json`.
  let directory: String
  let renderer: Renderer
  /// The name under which the model is served.
  let modelID: String
  let log: LogWriter

  /// Reads the registry and opens its LoRAs.
  @Sendable func read() throws -> LoRARegistry { open(try LoRARegistry(directory: directory)) }

  /// Opens the LoRAs of a registry.
  func open(_ registry: LoRARegistry) -> LoRARegistry {
    let opened = renderer.opened(registry, servedAs: modelID)
    for remark in opened.remarks { log.write("iris: \(TextFormat.singleLine(remark))") }
    return opened
  }
}
