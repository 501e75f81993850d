/// On whose behalf a request is answered.
struct Principal: Sendable, Equatable {
  /// The key's id, which may be logged; renders are shared fairly between these.
  let keyID: String

  /// Whoever calls a service that asks for no keys.
  static let anonymous = Principal(keyID: "anonymous")
}
