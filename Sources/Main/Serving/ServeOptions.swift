import API
import FoundationEssentials
import HTTP
import Tensors

/// The settings of a service, understood.
struct ServeOptions {
  let address: BindAddress
  let metricsAddress: BindAddress
  let model: String
  let threadCount: Int
  let data: String
  let asksForKeys: Bool
  let queueCapacity: Int
  let cacheByteCount: Int
  let limits: ServerConfiguration
  let drainWaitSeconds: Double
  /// Nil for standard error.
  let logFile: String?
  let logFormat: AccessLog.Format
  let socketMode: UInt32
  let service: ServiceConfiguration

  init(_ settings: Settings) throws(UsageError) {
    address = try Self.address(settings)
    metricsAddress = .tcp(
      host: try settings.text(.metricsHost), port: try Self.port(.metricsPort, settings))
    model = try settings.text(.model)
    threadCount = try settings.integer(.threads, in: Device.threadCounts)
    data = try settings.text(.data)
    asksForKeys = try settings.flag(.auth)
    queueCapacity = try settings.integer(.queue, in: 1...10_000)
    cacheByteCount = try settings.integer(.cache, in: 0...(1 << 24)) << 20
    limits = try Self.limits(settings)
    drainWaitSeconds = try settings.seconds(.drainWait, in: 0...600)
    logFile = settings[.logFile].text.isEmpty ? nil : settings[.logFile].text
    socketMode = try settings.mode(.socketMode, in: 0...0o777)
    logFormat = try settings.choice(.logFormat, of: AccessLog.Format.self)
    service = try Self.service(settings)
    guard asksForKeys || Self.isLocal(address) else {
      throw UsageError(
        "without keys anyone who reaches \(address) could render: "
          + "\(Option.noAuth.spelling) needs a loopback address, as in --host 127.0.0.1, "
          + "or a unix socket")
    }
  }

  private static func service(_ settings: Settings) throws(UsageError) -> ServiceConfiguration {
    var service = ServiceConfiguration()
    service.modelID = try settings.name(.modelID)
    service.modelAliases = try modelAliases(settings)
    service.isModelOptional = try settings.flag(.modelOptional)
    service.modelOwner = try settings.text(.modelOwner)
    service.limits = try renderLimits(service.limits, settings)
    service.requiresPlainBase64 = try settings.flag(.strictBase64)
    service.writesPNGMetadata = try settings.flag(.pngMetadata)
    service.renderDeadlineSeconds = try settings.seconds(.deadline, in: 1...86_400)
    service.memoryBytes = try settings.integer(.memory, in: 64...(1 << 24)) << 20
    service.logsPrompts = try settings.flag(.logPrompts)
    service.trustedProxies = try trustedProxies(settings)
    service.allowedHosts = try allowedHosts(settings)
    service.crossOrigins = try crossOrigins(settings)
    return service
  }

  private static func trustedProxies(
    _ settings: Settings
  ) throws(UsageError) -> TrustedProxies {
    guard let proxies = TrustedProxies(settings.list(.trustedProxies)) else {
      throw settings.rejected(
        .trustedProxies,
        "a list of addresses, blocks such as 10.0.0.0/8 without bits behind the prefix, and unix")
    }
    return proxies
  }

  private static func allowedHosts(_ settings: Settings) throws(UsageError) -> [String] {
    let hosts = settings.list(.allowedHosts)
    let isPlain = hosts.allSatisfy { host in
      host.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
          || ".-_:[]".utf8.contains(byte)
      }
    }
    guard isPlain else {
      throw settings.rejected(
        .allowedHosts,
        "a list of hosts such as images.example or images.example:8080, without http://")
    }
    return hosts
  }

  private static func crossOrigins(_ settings: Settings) throws(UsageError) -> CrossOrigins {
    guard let origins = CrossOrigins(settings.list(.corsOrigins)) else {
      throw settings.rejected(
        .corsOrigins, "a list of origins such as https://app.example without a path, or *")
    }
    return origins
  }

  /// A proxy's address is everybody's, so that no bound holds for it unless one is set.
  private static func connectionsPerAddress(_ settings: Settings) throws(UsageError) -> Int? {
    let count = try settings.integer(
      .connectionsPerAddress, in: 0...ServerConfiguration().maxConnections)
    let isStandard = settings[.connectionsPerAddress].source == .standard
    let hasProxies = !settings.list(.trustedProxies).isEmpty
    return count == 0 || isStandard && hasProxies ? nil : count
  }

  private static func limits(_ settings: Settings) throws(UsageError) -> ServerConfiguration {
    var limits = ServerConfiguration()
    // The largest body must fit.
    limits.maxBufferedBytes = try settings.integer(.bodies, in: 64...(1 << 24)) << 20
    limits.maxConnectionsPerAddress = try connectionsPerAddress(settings)
    return limits
  }

  /// A socket wins over host and port unless these were set where it matters more.
  private static func address(_ settings: Settings) throws(UsageError) -> BindAddress {
    let port = try port(.port, settings)
    let socket = settings[.socket]
    let tcp = BindAddress.tcp(host: try settings.text(.host), port: port)
    guard !socket.text.isEmpty else { return tcp }
    for setting in [Setting.host, .port] {
      let rank = settings[setting].source.rank
      if rank > socket.source.rank { return tcp }
      guard rank < socket.source.rank else {
        throw UsageError("socket and \(setting.key) exclude each other, and both are set")
      }
    }
    return .unix(path: socket.text)
  }

  private static func port(_ setting: Setting, _ settings: Settings) throws(UsageError) -> UInt16 {
    UInt16(clamping: try settings.integer(setting, in: 0...65_535))
  }

  /// Whether only this machine reaches an address.
  private static func isLocal(_ address: BindAddress) -> Bool {
    guard case .tcp(let host, _) = address else { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    let isLoopback = parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    return isLoopback || host == "::1" || host == "localhost"
  }
}
