import FoundationEssentials
public import JSON

/// The care of the store: checks, copies, and the removal of what is no longer needed.
extension Store {
  /// Ended requests are kept so long: no window or cap needs them, but whoever asks what a charge was for.
  private static let requestSeconds: Int64 = 35 * 86_400

  /// Looks for whatever contradicts itself in the store's tables.
  /// - Returns: A line for each finding; none if all is well.
  public func check() async throws(AccountsError) -> [String] {
    try await reportReader.run { (database) throws(AccountsError) in
      try StoreChecker.findings(in: database)
    }
  }

  /// The findings of ``check()`` as JSON.
  public static func document(of findings: [String]) -> JSONValue {
    .object([
      ("sound", .boolean(findings.isEmpty)),
      ("findings", .array(findings.map { .string($0) })),
    ])
  }

  /// The version of the store's tables; opening a store brings an older one to this program's.
  public func layout() async throws(AccountsError) -> Int64 {
    try await reader.run { (database) throws(AccountsError) in try Schema.layout(of: database) }
  }

  /// Removes answers that are kept no longer, and requests that ended long ago; every hour or so.
  public func sweep() async throws(AccountsError) {
    try await writer.run { (database) throws(AccountsError) in
      try Sweep.removeAnswers(in: database)
      try Sweep.removeRequests(olderThanSeconds: Self.requestSeconds, in: database)
    }
    try await reportReader.run { [bodies = backend.bodies] (database) throws(AccountsError) in
      try bodies.sweep(in: database)
    }
  }

  /// Copies the database into a file while it is in use; the pepper beside it is not copied.
  /// - Parameter file: The file, which is replaced once the copy is complete.
  /// - Throws: `invalidValue` if this database is copied by tools of its own.
  public func backUp(to file: String) async throws(AccountsError) {
    guard let copy = backend.backUp else {
      throw AccountsError(
        .invalidValue, "this store is backed up by the tools of its database, as `pg_dump`")
    }
    try await reportReader.run { (_) throws(AccountsError) in try copy(file) }
  }
}
