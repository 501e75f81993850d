import HTTP
import Rendering

extension ServeOptions {
  /// What is set and has no effect beside other settings.
  /// - Parameter settings: All of them.
  func warnings(about settings: Settings) -> [RenderWarning] {
    let found =
      asksForKeys
      ? unused([.allowedHosts], in: settings, "hosts are looked at where no keys are asked for")
      : unused([.data], in: settings, "no keys are asked for")
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
      guard value.source != .standard, !value.text.isEmpty else { return nil }
      return RenderWarning(
        .settingUnused, "\(setting.key) (\(value.source)) has no effect: \(reason)")
    }
  }
}
