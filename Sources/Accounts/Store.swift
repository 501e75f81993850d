/// The accounts, keys, limits, ledger and kept answers of one deployment.
///
/// Whatever changes money or limits is one transaction that is durable when a call returns. Several
/// stores, of one process or of many, may be open on one database: they share everything exactly, and
/// time is the database's. No call blocks its thread.
///
/// A call throws `storeUnavailable` while the database fails; the next one tries again on a new
/// connection. What such a call was to write may have been written or not: a reservation that nobody
/// knows of is reclaimed when its lease has run out, and settling again is no second charge.
public final class Store: Sendable {
  /// The look-up of keys by their tokens.
  public let keyStore: KeyStore
  let backend: StoreBackend
  let writer: StoreWriter
  let reader: StoreReader
  /// Reads and writes the bodies of answers, whose fsyncs no decision waits for.
  let bodyReader: StoreReader
  /// Checks, copies and reports, which may take long.
  let reportReader: StoreReader

  /// Opens the store in a directory, creating directory, pepper and tables as needed.
  /// - Throws: `storeUnavailable`, `newerSchema`.
  public convenience init(directory: String) throws(AccountsError) {
    try self.init(.sqlite(directory: directory))
  }

  /// Opens a store.
  package init(_ backend: StoreBackend) {
    self.backend = backend
    keyStore = KeyStore(backend)
    writer = StoreWriter(backend.connection())
    reader = StoreReader((0..<max(1, backend.readerCount)).map { _ in backend.connection() })
    bodyReader = StoreReader((0..<2).map { _ in backend.connection() })
    reportReader = StoreReader([backend.reportConnection()], patience: Self.reportPatience)
  }

  /// Derives a secret from that of the store, the same on all of its nodes.
  /// - Parameter purpose: What it is for; others have other secrets.
  public func secret(for purpose: String) -> [UInt8] { backend.pepper.secret(for: purpose) }

  /// A check of millions of requests takes minutes.
  private static let reportPatience = Duration.seconds(3600)
}
