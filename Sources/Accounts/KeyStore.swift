/// The API keys of one deployment.
///
/// Tokens are stored as HMAC-SHA256 under a random pepper in a file beside the database; both are
/// readable only by their owner. Every look-up queries the database, so that a key revoked by
/// another process is rejected at once, and first checks that the files are still those that were
/// opened.
public final class KeyStore: KeyAuthenticating {
  /// The file that receives the token of the first key.
  private static let firstKeyFile = "first-key"
  /// The author of its changes in the audit log.
  private static let actor = "service"

  private let backend: StoreBackend
  private let connection: StoreConnection

  /// Opens the store in a directory, creating directory, pepper and tables as needed.
  /// - Throws: `storeUnavailable`, `newerSchema`.
  public convenience init(directory path: String) throws(AccountsError) {
    try self.init(.sqlite(directory: path))
  }

  /// Opens the keys of a store.
  package init(_ backend: StoreBackend) {
    self.backend = backend
    connection = backend.connection()
  }

  /// Creates a key.
  /// - Returns: The stored metadata, and the token, which is shown once.
  public func create(
    name: String, mode: Token.Mode, limits: KeyLimits = .standard
  ) throws(AccountsError) -> (key: APIKey, token: Token) {
    let draft = KeyDraft(name: name, mode: mode, limits: limits)
    return try administering { (keys) throws(AccountsError) in try keys.create(draft) }
  }

  /// Creates the first key of an empty store and writes its token to a file readable only by its
  /// owner.
  /// - Returns: The stored metadata and the file's path; an existing file of an earlier first key
  ///   is replaced. Nil if the store already has keys.
  public func createFirst(
    name: String, limits: KeyLimits = .standard
  ) throws(AccountsError) -> (key: APIKey, file: String)? {
    let directory = backend.directory
    try directory.lock()
    defer { directory.unlock() }
    let draft = KeyDraft(name: name, mode: .live, limits: limits)
    let key = try administering { (keys) throws(AccountsError) -> APIKey? in
      guard try !Schema.hasKeys(keys.database) else { return nil }
      let (key, token) = try keys.create(draft)
      // Write the token before the commit: a token without its key is harmless, but a key without
      // its token would prevent another first key from being created.
      try directory.write(Array("\(token.text)\n".utf8), to: Self.firstKeyFile)
      return key
    }
    return key.map { ($0, directory.path(of: Self.firstKeyFile)) }
  }

  /// Revokes a key permanently; has no effect on a revoked key.
  /// - Throws: `unknownKey`.
  public func revoke(id: String) throws(AccountsError) {
    _ = try administering { (keys) throws(AccountsError) in try keys.revoke(id) }
  }

  /// True if there is a key, also if all are revoked.
  public var hasKeys: Bool {
    get throws(AccountsError) { try connection.use(Schema.hasKeys) }
  }

  /// Returns the valid key that a token belongs to.
  /// - Throws: `unauthenticated` for an unknown, expired or revoked token, `storeUnavailable`.
  public func authenticate(_ token: Token) throws(AccountsError) -> APIKey {
    let hash = backend.pepper.hash(token)
    let found = try connection.use { (database) throws(AccountsError) in
      try KeyRecords.key(hash: hash, in: database)
    }
    guard let found else {
      throw AccountsError(.unauthenticated, "the API key is unknown, expired or revoked")
    }
    return found
  }

  /// Throws if keys cannot be checked: the files were deleted or replaced, or cannot be read.
  public func checkAvailability() throws(AccountsError) {
    _ = try hasKeys
  }

  /// Changes keys in a transaction of its own, beside which no other node changes any.
  private func administering<Value: Sendable>(
    _ body: (KeyAdministration) throws(AccountsError) -> Value
  ) throws(AccountsError) -> Value {
    try connection.use { (database) throws(AccountsError) in
      try database.transaction { () throws(AccountsError) in
        try database.lockExclusively()
        return try body(
          KeyAdministration(actor: Self.actor, pepper: backend.pepper, database: database))
      }
    }
  }
}
