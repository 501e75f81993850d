/// Why the store or a key was refused.
///
/// Never carries a token or the pepper.
public struct AccountsError: Error, Sendable, Equatable {
  /// What kind of failure it is.
  public enum Code: Sendable, Equatable {
    /// The store cannot be opened, read or written.
    case storeUnavailable
    /// The store was written by a newer version.
    case newerSchema
    /// No key was given, or it is malformed, unknown or revoked.
    case unauthenticated
    /// No key has this id.
    case unknownKey
  }

  /// What kind of failure it is.
  public let code: Code
  /// A sentence that names what is wrong and what is allowed.
  public let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
