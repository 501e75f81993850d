import Foundation

/// The default values of settings on this machine.
enum SettingDefaults {
  /// Divisors of the machine's memory: for images and renders, request bodies, and the cache.
  private static let (memoryShare, bodyShare, cacheShare) = (2, 8, 16)

  /// The defaults of all settings.
  static func values(
    installation: Installation, environment: [String: String]
  ) -> [Setting: String] {
    var values: [Setting: String] = [
      .model: installation.defaultModel, .data: dataDirectory(environment),
      .threads: number(.threads, SystemResources.processorCount),
      .memory: megabytes(.memory, share: memoryShare),
      .bodies: megabytes(.bodies, share: bodyShare), .cache: megabytes(.cache, share: cacheShare),
    ]
    for setting in Setting.allCases {
      if let text = setting.fixedDefault { values[setting] = text }
    }
    return values
  }

  private static func megabytes(_ setting: Setting, share: Int) -> String {
    let megabytes = (SystemResources.memoryByteCount / share) >> 20
    return number(setting, min(megabytes, setting.largestDefault ?? .max))
  }

  /// The number, or the nearest one that the setting allows.
  private static func number(_ setting: Setting, _ value: Int) -> String {
    let range = setting.range ?? value...value
    return "\(min(max(value, range.lowerBound), range.upperBound))"
  }

  /// The data directory by the XDG Base Directory Specification.
  static func dataDirectory(_ environment: [String: String]) -> String {
    if let base = environment["XDG_DATA_HOME"], base.hasPrefix("/") { return base + "/iris" }
    return (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share/iris"
  }
}
