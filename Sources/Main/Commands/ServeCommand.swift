import API
import Accounts
import Foundation
import HTTP
import Rendering

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
    let models = try ServiceModels(configuration, loras: installation.loras)
    let memory = configuration.leaveRoom(forWeights: models.copiedByteCount, settings)
    for warning in try warnings + memory + models.warnings(configuration) {
      log.write("iris: warning: \(TextFormat.singleLine(warning.message))")
    }
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
    service.begin(try models.offers(log: log))
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
