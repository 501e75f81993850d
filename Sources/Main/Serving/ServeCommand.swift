import API
import Accounts
import Flux2
import Foundation
import HTTP
import Imaging
import Rendering

/// `iris serve`: the HTTP service, until it is told to end.
struct ServeCommand {
  private let settings: Settings
  private let printsConfiguration: Bool
  private let interruption: Interruption
  private let installation = Installation()

  init(_ invocation: Invocation, interruption: Interruption) throws {
    let environment = ProcessInfo.processInfo.environment
    settings = try Settings(
      invocation, environment: environment,
      defaults: SettingDefaults.values(installation: installation, environment: environment))
    printsConfiguration = invocation.has(.printConfig)
    self.interruption = interruption
  }

  func run() throws {
    let options = try ServeOptions(settings)
    let warnings =
      EnvironmentCheck.warnings(ProcessInfo.processInfo.environment) + settings.warnings
      + options.warnings(about: settings)
    if printsConfiguration {
      Console.warn(warnings)
      return try Console.print(settings.lines.joined(separator: "\n"))
    }
    let log = try LogWriter(path: options.logFile)
    defer { log.close() }
    let notifier = ServiceNotifier(environment: ProcessInfo.processInfo.environment)
    let signals = ServiceSignals(interruption, log: log, notifier: notifier)
    let files = try ModelSelection.directory(options.model)
    let inspector = try ModelInspector(files)
    let sizes = try options.checkSizes(settings) { Self.need(inspector, $0, $1) }
    let remarks = ModelWarnings.about(
      indexKeys: inspector.indexKeys, repeatedKeys: inspector.repeatedKeys)
    for warning in warnings + remarks + sizes {
      log.write("iris: warning: \(TerminalText.oneLine(warning.message))")
    }
    // What is wrong with the registry itself is found before the model is loaded.
    let registry = try LoRARegistry(directory: installation.loras)
    let keys = try options.asksForKeys ? keys(options) : nil
    let renders = RenderService(capacity: options.queueCapacity, slots: 1)
    let service = Service(
      configuration: options.service, renders: renders, keys: keys,
      log: AccessLog(format: options.logFormat) { log.write($0) })
    let metrics = try listen(at: options.metricsAddress, "metrics", service.metricsHandler)
    let server = try listen(
      at: options.address, "requests", service, options.limits, options.socketMode)
    log.write("iris: metrics at \(Self.url(metrics.address))/metrics")
    signals.handle(server, service, drainWaitSeconds: options.drainWaitSeconds)
    notifier?.say("loading the model")
    // Whoever watches can tell from now on that it lives, and is not ready.
    let renderer = try Renderer(
      model: files, threadCount: options.threadCount, cacheByteCount: options.cacheByteCount)
    let loras = LoRALoader(directory: installation.loras, renderer: renderer, log: log)
    service.begin(with: model(renderer, inspector, loras.open(registry)), readLoRAs: loras.read)
    notifier?.sayReady(ServiceSignals.status)
    notifier?.keepAlive { [weak server] body in server?.perform(body) }
    // It serves whether or not someone still reads where.
    try? Console.print(Self.url(server.address))
    wait(for: server)
    metrics.stop()
    log.write("iris: ended; every accepted request was answered")
  }

  private func model(
    _ renderer: Renderer, _ inspector: ModelInspector, _ loras: LoRARegistry
  ) -> LoadedModel {
    LoadedModel(
      renderer, loras: loras,
      estimateBytes: { plan in
        Self.need(
          inspector, plan.size,
          plan.references.map { PixelSize(width: $0.width, height: $0.height) })
      })
  }

  /// Bytes that a render takes.
  ///
  /// Weights are mapped, and given back by the system when memory is short.
  private static func need(
    _ inspector: ModelInspector, _ size: PixelSize, _ references: [PixelSize]
  ) -> Int {
    inspector.estimatedByteCount(
      width: size.width, height: size.height,
      references: references.map { ($0.width, $0.height) })
      - inspector.components.reduce(0) { $0 + $1.byteCount }
  }

  /// Opens the store; a service that nobody could use makes the first key.
  private func keys(_ options: ServeOptions) throws -> KeyStore {
    let keys = try KeyStore(directory: options.data)
    if Console.outputIsTerminal, try keys.list().isEmpty {
      try KeysCommand.create(in: keys, name: "first", mode: .live) { id in
        "this is the first API key, \(id); it is not shown again"
      }
    } else if let (key, file) = try keys.createFirst(name: "first") {
      // Whoever keeps standard output, as a journal does, must not keep the token.
      Console.report(
        "the first API key, \(key.id), is in \(file), which its owner alone can read; "
          + "take it from there and delete the file")
      try? Console.print(file)
    }
    return keys
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

  /// What the system says, such as that the address is in use.
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
