import API
import Accounts
import FoundationEssentials
import HTTP
import Imaging
import Rendering
import Text

/// The validated settings of `iris serve`.
struct ApplicationConfiguration {
  let address: BindAddress
  let metricsAddress: BindAddress
  /// The address of the administration; nil if there is none.
  let adminAddress: BindAddress?
  /// The models, that of requests without a model first.
  let models: [ModelDeployment]
  let threadCount: Int
  let data: String
  /// The database of the store; nil for SQLite in `data`.
  let store: PostgreSQLAddress?
  let asksForKeys: Bool
  /// The limits of the first key.
  let keyLimits: KeyLimits
  /// The name of this process in the store; empty for the default.
  let node: String
  let queueCapacity: Int
  let cacheByteCount: Int
  /// Bytes on disk for embedded prompts.
  let promptCacheByteCount: Int
  let server: ServerConfiguration
  let drainWaitSeconds: Double
  /// Nil for standard error.
  let logFile: String?
  let logFormat: AccessLog.Format
  let socketMode: UInt32
  /// Where images lie whose URLs requests may ask for; nil if they may not.
  let images: ImageSettings?
  var service: ServiceConfiguration

  init(_ settings: Settings) throws(UsageError) {
    address = try Self.address(settings)
    metricsAddress = .tcp(
      host: try settings.text(.metricsHost), port: try Self.port(.metricsPort, settings))
    adminAddress =
      settings[.adminPort].text.isEmpty
      ? nil
      : .tcp(host: try settings.text(.adminHost), port: try Self.port(.adminPort, settings))
    models = try ModelDeployment.all(settings)
    threadCount = try settings.integer(.threads)
    data = try settings.text(.data)
    store = try settings.store()
    asksForKeys = try settings.flag(.auth)
    keyLimits = try Self.keyLimits(settings)
    node = settings[.node].text
    queueCapacity = try settings.integer(.queue)
    cacheByteCount = try settings.bytes(.cache)
    promptCacheByteCount = try settings.bytes(.promptCache)
    server = try Self.server(settings)
    drainWaitSeconds = try settings.seconds(.drainWait)
    logFile = settings[.logFile].text.isEmpty ? nil : settings[.logFile].text
    socketMode = try settings.mode(.socketMode, in: 0...0o777)
    logFormat = try settings.choice(.logFormat, of: AccessLog.Format.self)
    images = try ImageSettings(settings)
    service = try Self.service(settings, models)
    guard asksForKeys || Self.isLocal(address) else {
      throw UsageError(
        "without keys anyone who reaches \(address) could render: "
          + "\(Option.noAuth.spelling) needs a loopback address, as in --host 127.0.0.1, "
          + "or a unix socket")
    }
  }

  private static func service(
    _ settings: Settings, _ models: [ModelDeployment]
  ) throws(UsageError) -> ServiceConfiguration {
    var service = ServiceConfiguration()
    service.model = models[0].configuration
    service.otherModels = models.dropFirst().map(\.configuration)
    service.isModelOptional = try settings.flag(.modelOptional)
    service.requiresPlainBase64 = try settings.flag(.strictBase64)
    service.writesPNGMetadata = try settings.flag(.pngMetadata)
    service.servesPages = try settings.flag(.pages)
    service.currency = try settings.currency(.currency)
    service.renderDeadlineSeconds = try settings.seconds(.deadline)
    service.memoryBytes = try settings.bytes(.memory)
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

  /// Behind a proxy all clients share its address, so the default limit does not apply there.
  private static func connectionsPerAddress(_ settings: Settings) throws(UsageError) -> Int? {
    let count = try settings.integer(.connectionsPerAddress)
    let isDefault = settings[.connectionsPerAddress].source == .default
    let hasProxies = !settings.list(.trustedProxies).isEmpty
    return count == 0 || isDefault && hasProxies ? nil : count
  }

  private static func server(_ settings: Settings) throws(UsageError) -> ServerConfiguration {
    var server = ServerConfiguration()
    server.maxBufferedBytes = try settings.bytes(.bodies)
    server.maxConnectionsPerAddress = try connectionsPerAddress(settings)
    return server
  }

  /// A socket takes precedence over host and port, unless their source has a higher precedence.
  private static func address(_ settings: Settings) throws(UsageError) -> BindAddress {
    let port = try port(.port, settings)
    let socket = settings[.socket]
    let tcp = BindAddress.tcp(host: try settings.text(.host), port: port)
    guard !socket.text.isEmpty else { return tcp }
    for setting in [Setting.host, .port] {
      let precedence = settings[setting].source.precedence
      if precedence > socket.source.precedence { return tcp }
      guard precedence < socket.source.precedence else {
        throw UsageError("socket and \(setting.key) exclude each other, and both are set")
      }
    }
    return .unix(path: socket.text)
  }

  private static func port(_ setting: Setting, _ settings: Settings) throws(UsageError) -> UInt16 {
    UInt16(clamping: try settings.integer(setting))
  }

  /// Returns whether an address is reachable from this machine only.
  private static func isLocal(_ address: BindAddress) -> Bool {
    guard case .tcp(let host, _) = address else { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    let isLoopback = parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    return isLoopback || host == "::1" || host == "localhost"
  }
}

/// The settings about keys and money.
extension ApplicationConfiguration {
  private static func keyLimits(_ settings: Settings) throws(UsageError) -> KeyLimits {
    var limits = KeyLimits.standard
    limits.requestsPerMinute = Int64(try settings.integer(.defaultRPM))
    limits.requestsPerDay = Int64(try settings.integer(.defaultRPD))
    limits.concurrentRequests = Int64(try settings.integer(.defaultConcurrent))
    limits.monthlyCap = try settings.money(.defaultMonthlyCap)
    return limits
  }
}

extension Settings {
  /// An amount of the currency that is not negative.
  func money(_ setting: Setting) throws(UsageError) -> Money {
    guard let amount = Money(self[setting].text), amount >= .zero else {
      throw rejected(
        setting, "an amount such as 0.005 or 750, with at most nine digits and six decimals")
    }
    return amount
  }

  /// A currency by its code of ISO 4217.
  fileprivate func currency(_ setting: Setting) throws(UsageError) -> String {
    let text = self[setting].text
    guard text.utf8.count == 3, text.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
      throw rejected(setting, "a code of three capitals such as USD or IDR")
    }
    return text
  }
}

/// The settings about requests.
extension ApplicationConfiguration {
  /// Alternative names of the model.
  static func modelAliases(_ settings: Settings) throws(UsageError) -> [String] {
    let served = try settings.text(.modelID)
    var aliases: [String] = []
    for item in settings.list(.modelAliases) {
      let (alias, target) = ByteString(item).split(atFirst: "=") ?? (ByteString(item), nil)
      guard let alias = alias.trimmed.string(limit: ByteString.nameLimit), !alias.isEmpty,
        target?.trimmed.equals(served) ?? true
      else {
        throw settings.rejected(
          .modelAliases,
          "a list of names of at most \(ByteString.nameLimit) bytes, each alone or as NAME=\(served), "
            + "which is the model that is served")
      }
      if !([served] + aliases).contains(where: ByteString(alias).equals) { aliases.append(alias) }
    }
    return aliases
  }

  /// The limits for requests, with the configured sizes.
  static func renderLimits(
    _ limits: RenderLimits, _ settings: Settings
  ) throws(UsageError) -> RenderLimits {
    var limits = limits
    limits.side = limits.side.lowerBound...(try side(.maxSize, settings))
    limits.editSide = limits.editSide.lowerBound...(try side(.maxEditSize, settings))
    limits.ownEditSide = limits.editSide.upperBound
    limits.oversize = try settings.choice(.oversize, of: RenderLimits.Oversize.self)
    limits.loraStrengths = try settings.range(
      .loraStrengths, within: RequestParameter.possibleLoRAStrengths)
    limits.editMode = try settings.choice(.editMode, of: EditMode.self)
    limits.allowsMask = try settings.flag(.masks)
    limits.allowsNegativePrompt = try settings.flag(.negativePrompts)
    limits.imageCounts = 1...(try settings.integer(.imagesPerRequest))
    limits.outputFormats = try outputFormats(settings)
    return limits
  }

  /// The formats that requests may ask for; PNG is always one, since it is what they get by default.
  private static func outputFormats(_ settings: Settings) throws(UsageError) -> [OutputFormat] {
    let names = settings.list(.outputFormats)
    guard names.allSatisfy({ OutputFormat(rawValue: $0) != nil }) else {
      throw settings.rejected(
        .outputFormats,
        "a list of \(OutputFormat.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return OutputFormat.allCases.filter { $0 == .png || names.contains($0.rawValue) }
  }

  private static func side(_ setting: Setting, _ settings: Settings) throws(UsageError) -> Int {
    let text = settings[setting].text
    let size =
      PixelSize(text) ?? ByteString(text).decimal.map { PixelSize(width: $0, height: $0) }
    guard let size, size.width == size.height, setting.range?.contains(size.width) == true else {
      throw settings.rejected(
        setting,
        "a square, \(setting.rangeText), or the number of its side alone")
    }
    return size.width
  }

  /// Checks that the largest allowed renders of a model fit into the `memory` setting.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - need: Returns the bytes that a render of a size takes, with references of these sizes.
  /// - Returns: Warnings about default sizes that do not fit.
  /// - Throws: If a configured size does not fit.
  func checkSizes(
    of model: ModelDeployment, need: (_ size: PixelSize, _ images: [PixelSize]) -> Int
  ) throws(UsageError) -> [RenderWarning] {
    var warnings: [RenderWarning] = []
    let (settings, limits) = (model.settings, model.configuration.limits)
    for (setting, sides) in [(Setting.maxSize, limits.side), (.maxEditSize, limits.editSide)] {
      let size = PixelSize(width: sides.upperBound, height: sides.upperBound)
      let images = setting == .maxEditSize ? [size] : []
      // An edit also keeps its source image: three bytes per pixel.
      let needed = need(size, images) + images.count * size.width * size.height * 3
      guard needed > service.memoryBytes else { continue }
      let problem =
        "an image of \(size) would take \(needed >> 20) MB of memory, and memory allows "
        + "\(service.memoryBytes >> 20)"
      guard settings[setting].source == .default else {
        throw UsageError(
          "\(setting.key) is \(settings[setting].text) (\(settings[setting].source)), but \(problem)"
        )
      }
      warnings.append(
        RenderWarning(.sizeBeyondMemory, "\(setting.key): \(problem), so that it is refused"))
    }
    return warnings
  }
}

/// Settings without effect.
extension ApplicationConfiguration {
  /// Warns about settings that have no effect beside others.
  /// - Parameter settings: All settings.
  func warnings(about settings: Settings) -> [RenderWarning] {
    var found: [RenderWarning]
    if !asksForKeys {
      found = unused(
        [
          .data, .store, .adminPort, .price, .currency, .defaultRPM, .defaultRPD,
          .defaultConcurrent,
          .defaultMonthlyCap,
          .node,
        ], in: settings, "no keys are asked for")
    } else if adminAddress == nil {
      found = unused(
        [.allowedHosts, .adminHost], in: settings,
        "hosts are looked at where no keys are asked for, or with admin_port")
    } else {
      found = []
    }
    if images == nil {
      found += unused([.imageURLSeconds], in: settings, "there is no image_folder")
    }
    let (idle, reason): ([Setting], String)
    switch address {
    case .unix: (idle, reason) = ([.host, .port], "it listens at a socket")
    case .tcp: (idle, reason) = ([.socket, .socketMode], "it listens at \(address)")
    }
    return unused(idle, in: settings, reason) + found
  }

  private func unused(
    _ idle: [Setting], in settings: Settings, _ reason: String
  ) -> [RenderWarning] {
    idle.compactMap { setting in
      let value = settings[setting]
      guard value.source != .default, !value.text.isEmpty else { return nil }
      return RenderWarning(
        .settingUnused, "\(setting.key) (\(value.source)) has no effect: \(reason)")
    }
  }
}
