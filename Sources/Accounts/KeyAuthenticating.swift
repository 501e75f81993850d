/// What knows keys: the store, or what stands in for it in a test.
///
/// Calls may wait for a disk, so they belong on a thread that nobody else waits for.
public protocol KeyAuthenticating: Sendable {
  /// Finds the valid key that a token belongs to.
  /// - Throws: `unauthenticated` for an unknown or revoked token, `storeUnavailable`.
  func authenticate(_ token: Token) throws(AccountsError) -> APIKey

  /// Throws what keeps keys from being checked.
  func checkAvailability() throws(AccountsError)
}
