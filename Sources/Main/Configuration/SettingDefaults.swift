import API
import Flux2
import Foundation
import Rendering
import Tensors

/// The default values of settings.
enum SettingDefaults {
  /// Requests are rendered one after the other; those behind some thirty others would mostly pass their
  /// deadline.
  private static let queueCapacity = 32
  /// More than a client with a pool of a thousand needs, and less than half of all connections.
  private static let connectionsPerAddress = 1500
  /// Divisor of the memory for images and renders.
  private static let memoryShare = 2
  /// Divisor of the memory for request bodies, and its upper bound: twenty of the largest bodies.
  private static let (bodyShare, bodyBytes) = (8, 1 << 30)
  /// Divisor of the memory for the cache, and its upper bound: 16 prompts of klein-4B, of 16 MB each.
  private static let (cacheShare, cacheBytes) = (16, 256 << 20)

  /// The defaults on this machine.
  static func values(
    installation: Installation, environment: [String: String]
  ) -> [Setting: String] {
    let service = ServiceConfiguration()
    let memory = SystemResources.memoryByteCount
    return [
      .host: "127.0.0.1", .port: "8080", .socket: "", .socketMode: "0600", .trustedProxies: "",
      .connectionsPerAddress: "\(connectionsPerAddress)", .allowedHosts: "", .corsOrigins: "",
      .metricsHost: "127.0.0.1",
      .metricsPort: "9464", .model: installation.defaultModel,
      .threads:
        "\(min(SystemResources.processorCount, Device.threadCounts.upperBound))",
      .precision: PrecisionMode.auto.rawValue, .data: dataDirectory(environment), .auth: "true",
      .queue: "\(queueCapacity)",
      .deadline: "\(Int(service.renderDeadlineSeconds))",
      .memory: "\(max(memory / memoryShare, 64 << 20) >> 20)",
      .bodies: "\(max(min(memory / bodyShare, bodyBytes), 64 << 20) >> 20)",
      .cache: "\(min(memory / cacheShare, cacheBytes) >> 20)",
      .drainWait: "1", .modelID: service.modelID, .modelAliases: "",
      .modelOptional: "\(service.isModelOptional)", .modelOwner: service.modelOwner,
      .maxSize: square(service.limits.side), .maxEditSize: square(service.limits.editSide),
      .oversize: service.limits.oversize.rawValue,
      .strictBase64: "\(service.requiresPlainBase64)",
      .pngMetadata: "\(service.writesPNGMetadata)", .logFile: "",
      .logFormat: AccessLog.Format.json.rawValue,
      .logPrompts: "\(service.logsPrompts)",
    ]
  }

  private static func square(_ sides: ClosedRange<Int>) -> String {
    "\(PixelSize(width: sides.upperBound, height: sides.upperBound))"
  }

  /// The data directory by the XDG Base Directory Specification.
  static func dataDirectory(_ environment: [String: String]) -> String {
    if let base = environment["XDG_DATA_HOME"], base.hasPrefix("/") { return base + "/iris" }
    return (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share/iris"
  }
}
