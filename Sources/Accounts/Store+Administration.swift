/// The operations of operators.
///
/// Every change is written with its line in the audit log, and acts at once on all nodes, since an
/// admission reads what it decides by.
extension Store {
  /// Creates an account.
  /// - Parameter actor: Who does it, for the audit log.
  public func createAccount(
    name: String, credit: Money = KeyLimits.defaultCredit, by actor: String
  ) async throws(AccountsError) -> Account {
    try await writer.run { (database) throws(AccountsError) in
      try AccountRecords.create(name: name, credit: credit, by: actor, in: database)
    }
  }

  /// Returns a page of the accounts, oldest first.
  public func accounts(_ query: ListQuery = .init()) async throws(AccountsError) -> [Account] {
    try await reader.run { (database) throws(AccountsError) in
      try AccountRecords.page(query, in: database)
    }
  }

  /// Returns an account.
  /// - Throws: `unknownAccount`.
  public func account(_ id: String) async throws(AccountsError) -> Account {
    try await reader.run { (database) throws(AccountsError) in
      try AccountRecords.account(id, in: database)
    }
  }

  /// Adds to an account's credit; a negative amount takes back what is not reserved.
  public func credit(
    _ amount: Money, to account: String, note: String, by actor: String
  ) async throws(AccountsError) -> Account {
    try await writer.run(accounts: [account]) { (database) throws(AccountsError) in
      try AccountRecords.credit(amount, to: account, note: note, by: actor, in: database)
    }
  }

  /// Suspends an account, whose keys are then refused, or resumes it.
  public func setSuspended(
    _ isSuspended: Bool, _ account: String, by actor: String
  ) async throws(AccountsError) -> Account {
    try await writer.run(accounts: [account]) { (database) throws(AccountsError) in
      try AccountRecords.setSuspended(isSuspended, account, by: actor, in: database)
    }
  }

  /// Creates a key.
  /// - Returns: The key, and its token, which is shown once.
  public func createKey(
    _ draft: KeyDraft, by actor: String
  ) async throws(AccountsError) -> (key: APIKey, token: Token) {
    try await administer(draft.account ?? Schema.defaultAccount, actor) {
      (keys) throws(AccountsError) in
      try keys.create(draft)
    }
  }

  /// Returns a page of the keys, oldest first, including revoked ones.
  public func keys(_ query: ListQuery = .init()) async throws(AccountsError) -> [KeyRecord] {
    try await reader.run { (database) throws(AccountsError) in
      try KeyRecords.page(query, in: database)
    }
  }

  /// Returns a key.
  /// - Throws: `unknownKey`.
  public func key(_ id: String) async throws(AccountsError) -> KeyRecord {
    try await reader.run { (database) throws(AccountsError) in
      try KeyRecords.record(id, in: database)
    }
  }

  /// Changes a key.
  public func updateKey(
    _ id: String, _ change: KeyChange, by actor: String
  ) async throws(AccountsError) -> APIKey {
    try await administer(key(id).key.account, actor) { (keys) throws(AccountsError) in
      try keys.update(id, change)
    }
  }

  /// Gives a key another token; the one before is valid for a time yet.
  /// - Parameter overlapSeconds: How long, in ``KeyLimits/overlapSeconds``.
  /// - Returns: The key, and its new token, which is shown once.
  public func rotateKey(
    _ id: String, overlapSeconds: Int64, by actor: String
  ) async throws(AccountsError) -> (key: APIKey, token: Token) {
    try await administer(key(id).key.account, actor) { (keys) throws(AccountsError) in
      try keys.rotate(id, overlapSeconds: overlapSeconds)
    }
  }

  /// Revokes a key permanently; has no effect on a revoked key.
  public func revokeKey(_ id: String, by actor: String) async throws(AccountsError) -> APIKey {
    try await administer(key(id).key.account, actor) { (keys) throws(AccountsError) in
      try keys.revoke(id)
    }
  }

  private func administer<Value: Sendable>(
    _ account: String, _ actor: String,
    _ body: @escaping @Sendable (KeyAdministration) throws(AccountsError) -> Value
  ) async throws(AccountsError) -> Value {
    try await writer.run(accounts: [account]) {
      [pepper = backend.pepper] (database) throws(AccountsError) in
      try body(KeyAdministration(actor: actor, pepper: pepper, database: database))
    }
  }
}

/// Reports.
extension Store {
  /// Returns a page of the use of keys, by period and key.
  public func usage(_ query: UsageQuery) async throws(AccountsError) -> [Usage] {
    try await reportReader.run { (database) throws(AccountsError) in
      try Reports.usage(query, in: database)
    }
  }

  /// Returns a page of the ledger, oldest first.
  public func ledger(_ query: PageQuery) async throws(AccountsError) -> [LedgerEntry] {
    try await reportReader.run { (database) throws(AccountsError) in
      try Reports.ledger(query, in: database)
    }
  }

  /// Returns a page of the requests that were admitted, the latest first.
  public func requests(_ query: RequestQuery) async throws(AccountsError) -> [RequestEntry] {
    try await reportReader.run { (database) throws(AccountsError) in
      try RequestLog.entries(query, in: database)
    }
  }

  /// Returns the nodes that serve from the store, or did, by their ids.
  /// - Parameter after: The node behind which to go on.
  public func nodes(
    after: String? = nil, limit: Int64 = 1000
  ) async throws(AccountsError) -> [NodeRecord] {
    try await reportReader.run { (database) throws(AccountsError) in
      try NodeRecords.page(after: after, limit: limit, in: database)
    }
  }

  /// Returns a page of the audit log, oldest first.
  public func audit(_ query: PageQuery) async throws(AccountsError) -> [AuditEntry] {
    try await reportReader.run { (database) throws(AccountsError) in
      try AuditLog.entries(query, in: database)
    }
  }
}
