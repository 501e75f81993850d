import API
import Accounts
import Flux2
import HTTP
import Imaging
import Rendering
import Tensors

/// Ranges and defaults: help, validation and `--print-config` take them from here.
extension Setting {
  /// The allowed values of a number, in megabytes for memory and in seconds for times, or the allowed
  /// sides of a square; nil for other settings.
  package var range: ClosedRange<Int>? {
    switch self {
    case .port, .metricsPort, .adminPort: 0...Int(UInt16.max)
    case .connectionsPerAddress: 0...ServerConfiguration().maxConnections
    case .threads: Device.threadCounts
    case .queue: 1...10_000
    case .defaultRPM, .defaultRPD, .defaultConcurrent: 0...Int(KeyLimits.maximumCount)
    case .deadline: 1...86_400
    // The largest body must fit.
    case .memory, .bodies: 64...Self.mostMegabytes
    case .cache, .promptCache: 0...Self.mostMegabytes
    case .drainWait: 0...600
    case .imageURLSeconds: 1...604_800
    // OpenAI's API allows ten.
    case .imagesPerRequest: 1...10
    case .maxSize, .maxEditSize: SizePolicy.sides
    default: nil
    }
  }

  /// 16 TB: a size in bytes does not overflow.
  private static let mostMegabytes = 1 << 24

  /// The default; nil if it depends on the machine.
  package var fixedDefault: String? {
    let service = ServiceConfiguration()
    let limits = KeyLimits.standard
    return switch self {
    case .host, .metricsHost, .adminHost: "127.0.0.1"
    case .port: "8080"
    case .metricsPort: "9464"
    case .socketMode: "0600"
    // More than a client with a pool of a thousand needs, and less than half of all connections.
    case .connectionsPerAddress: "1500"
    case .auth: "true"
    case .price: service.model.price.text
    case .currency: service.currency
    case .defaultRPM: "\(limits.requestsPerMinute)"
    case .defaultRPD: "\(limits.requestsPerDay)"
    case .defaultConcurrent: "\(limits.concurrentRequests)"
    case .defaultMonthlyCap: limits.monthlyCap.text
    // Requests are rendered one after the other; those behind some thirty others would mostly pass their
    // deadline.
    case .queue: "32"
    case .deadline: "\(Int(service.renderDeadlineSeconds))"
    case .drainWait: "1"
    // Prompts are their senders' own: a disk gets something of them only where that was asked for.
    case .promptCache: "0"
    case .precision: PrecisionMode.auto.rawValue
    case .products: ProductProvider.auto.rawValue
    case .modelID: service.model.id
    case .modelOptional: "\(service.isModelOptional)"
    case .modelOwner: service.model.owner
    case .maxSize: Self.square(service.model.limits.side.upperBound)
    case .maxEditSize: Self.square(service.model.limits.editSide.upperBound)
    case .oversize: service.model.limits.oversize.rawValue
    case .loraStrengths: RequestParameter.text(service.model.limits.loraStrengths, separator: ":")
    case .editMode: service.model.limits.editMode.rawValue
    case .masks: "\(service.model.limits.allowsMask)"
    case .negativePrompts: "\(service.model.limits.allowsNegativePrompt)"
    case .imagesPerRequest: "\(service.model.limits.imageCounts.upperBound)"
    // As long as OpenAI's URLs are valid.
    case .imageURLSeconds: "3600"
    case .outputFormats: service.model.limits.outputFormats.map(\.rawValue).joined(separator: ",")
    case .strictBase64: "\(service.requiresPlainBase64)"
    case .pngMetadata: "\(service.writesPNGMetadata)"
    case .pages: "\(service.servesPages)"
    case .logFormat: AccessLog.Format.json.rawValue
    case .logPrompts: "\(service.logsPrompts)"
    case .node, .adminPort, .store, .socket, .trustedProxies, .allowedHosts, .corsOrigins,
      .modelAliases, .imageFolder, .imageURL, .transformer, .autoencoder, .textEncoder, .tokenizer,
      .logFile:
      ""
    case .model, .threads, .data, .memory, .bodies, .cache: nil
    }
  }

  /// The most megabytes that this setting has by default; nil if there is no such bound.
  var largestDefault: Int? {
    switch self {
    // Twenty of the largest bodies.
    case .bodies: 1024
    // 16 prompts of klein-4B, of 16 MB each.
    case .cache: 256
    default: nil
    }
  }

  private static func square(_ side: Int) -> String {
    "\(PixelSize(width: side, height: side))"
  }
}

/// Words for help texts.
extension Setting {
  /// The range, as in `1 to 10000`, or `64x64 to 2048x2048`.
  var rangeText: String {
    guard let range else { preconditionFailure("\(key) has no range") }
    guard self == .maxSize || self == .maxEditSize else { return RequestParameter.text(range) }
    return "\(Self.square(range.lowerBound)) to \(Self.square(range.upperBound))"
  }

  /// The least value, as in `64 or more`.
  var minimumText: String {
    guard let range else { preconditionFailure("\(key) has no range") }
    return "\(range.lowerBound) or more"
  }

  /// The default, as in `default 32`.
  var defaultText: String {
    let value = fixedDefault ?? largestDefault.map { "\($0)" } ?? ""
    return "default \(value.isEmpty ? "none" : value)"
  }
}
