import HTTP
import Rendering

extension ServeOptions {
  /// What is set and has no effect beside other settings.
  /// - Parameters:
  ///   - settings: All of them.
  ///   - address: Where requests are listened for.
  static func warnings(about settings: Settings, at address: Address) -> [RenderWarning] {
    let (idle, reason): ([Setting], String)
    switch address {
    case .unix: (idle, reason) = ([.host, .port], "it listens at a socket")
    case .tcp: (idle, reason) = ([.socket, .socketMode], "it listens at \(address)")
    }
    return idle.compactMap { setting in
      let value = settings[setting]
      guard value.source != .standard, !value.text.isEmpty else { return nil }
      return RenderWarning(
        .settingUnused, "\(setting.key) (\(value.source)) has no effect: \(reason)")
    }
  }
}
