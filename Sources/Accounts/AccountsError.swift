/// An error of the key store, or the rejection of a key.
///
/// Never carries a token or the pepper.
public struct AccountsError: Error, Sendable, Equatable {
  /// The kinds of failure.
  public enum Code: Sendable, Equatable {
    /// The store cannot be opened, read or written.
    case storeUnavailable
    /// The store was written by a newer version.
    case newerSchema
    /// No key was given, or it is malformed, unknown or revoked.
    case unauthenticated
    /// No key has the given id.
    case unknownKey
  }

  /// The kind of failure.
  public let code: Code
  /// A sentence that states what is wrong and what is allowed.
  public let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
