/// An error of the store, or the rejection of a key or of a command.
///
/// Never carries a token or the pepper.
public struct AccountsError: Error, Sendable, Equatable {
  /// The kinds of failure.
  public enum Code: Sendable, Equatable {
    /// The store cannot be opened, read or written.
    case storeUnavailable
    /// Transactions of several nodes met, even when they were repeated; whoever asked may ask again.
    case contention
    /// The store was written by a newer version.
    case newerSchema
    /// No key was given, or it is malformed, unknown or revoked.
    case unauthenticated
    /// No key has the given id.
    case unknownKey
    /// No account has the given id.
    case unknownAccount
    /// The answer that a request repeats was kept, and is lost or damaged.
    case answerLost
    /// A value is out of its range, or an amount larger than what there is.
    case invalidValue
  }

  /// The kind of failure.
  public let code: Code
  /// A sentence that states what is wrong and what is allowed.
  public let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// True if the store failed, rather than refused; the connection is then opened anew.
  var isStorageFailure: Bool { code == .storeUnavailable || code == .contention }
}
