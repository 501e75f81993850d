public import FoundationEssentials

/// What the store knows of a key: everything but the secret.
public struct APIKey: Sendable, Equatable {
  /// Stable name of the key, safe to log: `key_…`.
  public let id: String
  /// What the operator called it.
  public let name: String
  /// Whether requests are charged.
  public let mode: Token.Mode
  /// The token's first characters, to recognise it by.
  public let prefix: String
  /// When it was created.
  public let created: Date
  /// When it was revoked; `nil` while it is valid.
  public let revoked: Date?
}
