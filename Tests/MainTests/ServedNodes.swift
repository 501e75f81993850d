import Accounts
import Foundation
import TestSupport
import Testing

/// Several `iris serve` on one PostgreSQL database, each with a directory of its own and the pepper of the
/// first.
///
/// The database's clock can be advanced and stopped: a function of the store's schema stands before PostgreSQL's own.
final class ServedNodes {
  /// What an image costs.
  static let price = Money(microUnits: 1000)

  let backend: StoreBackend
  let store: Store
  let key: APIKey
  let token: String
  /// Those that run.
  private(set) var services: [RunningService?]
  private let environment: [String: String]
  private let programs: [IrisProgram]

  /// Creates the store and a key, and starts nothing.
  /// - Parameter change: Changes the limits of the key, which are as wide as may be.
  init(
    _ count: Int, on cluster: PostgreSQLCluster, _ change: (inout KeyLimits) -> Void = { _ in }
  ) async throws {
    // The search path is the last parameter.
    let url = try cluster.makeSchema() + "%2Cpg_catalog"
    environment = ["IRIS_STORE": url]
    let programs = try (0..<count).map { _ in try IrisProgram() }
    self.programs = programs
    services = programs.map { _ in nil }
    let directory = programs[0].directory.appending(path: "data").path
    backend = try .deployment(at: PostgreSQLAddress(url), directory: directory)
    let database = try backend.open()
    try database.run("CREATE TABLE test_clock (advance INTERVAL NOT NULL, stopped TIMESTAMPTZ)")
    try database.run("INSERT INTO test_clock VALUES (INTERVAL '0', NULL)")
    try database.run(
      """
      CREATE FUNCTION clock_timestamp() RETURNS TIMESTAMPTZ LANGUAGE SQL VOLATILE AS
      'SELECT coalesce(stopped, pg_catalog.clock_timestamp() + advance) FROM test_clock'
      """)
    store = Store(backend)
    _ = try await store.credit(
      Money(microUnits: 1_000_000_000), to: "acct_default", note: "", by: "test")
    var draft = KeyDraft(name: "tests")
    draft.limits.requestsPerMinute = KeyLimits.maximumCount
    draft.limits.requestsPerDay = KeyLimits.maximumCount
    draft.limits.concurrentRequests = KeyLimits.maximumCount
    draft.limits.monthlyCap = .maximum
    change(&draft.limits)
    let made = try await store.createKey(draft, by: "test")
    (key, token) = (made.key, made.token.text)
    for program in programs.dropFirst() { try Self.copyPepper(from: programs[0], to: program) }
  }

  // Timers of a program whose clock libfaketime moves do not fire, so that it never ends by itself.
  deinit { for case let service? in services { service.signal(SIGKILL) } }

  /// Gives a program the pepper of another's store.
  static func copyPepper(from first: IrisProgram, to second: IrisProgram) throws {
    let data = second.directory.appending(path: "data")
    try FileManager.default.createDirectory(
      at: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try FileManager.default.copyItem(
      at: first.directory.appending(path: "data/pepper"), to: data.appending(path: "pepper"))
  }

  /// Starts a node under its name, and waits until it renders.
  @discardableResult
  func start(
    _ index: Int, _ options: [String] = [], launcher: [String] = []
  ) throws -> RunningService {
    let service = try RunningService(
      programs[index], ["--node", "node-\(index)", "--price", Self.price.text] + options,
      launcher: launcher, environment: environment)
    services[index] = service
    return service
  }

  /// Ends a node in a way, and waits until it has.
  func end(_ index: Int, by signal: Int32) {
    guard let service = services[index] else { return }
    service.signal(signal)
    service.process.waitUntilExit()
    services[index] = nil
  }

  /// Advances the clock of the database.
  func advance(seconds: Int64) throws {
    try backend.open().run(
      "UPDATE test_clock SET advance = advance + INTERVAL '\(seconds) seconds'")
  }

  /// Stops the clock of the database, so that no lease runs out.
  func stopClock() throws {
    try backend.open().run(
      "UPDATE test_clock SET stopped = pg_catalog.clock_timestamp() + advance")
  }

  /// Lets the clock of the database go on from where it was stopped.
  func startClock() throws {
    try backend.open().run(
      "UPDATE test_clock SET advance = stopped - pg_catalog.clock_timestamp(), stopped = NULL")
  }

  /// The ports of the nodes that run.
  var ports: [UInt16] { services.compactMap { $0?.port } }

  /// The charges of all requests.
  func charges() async throws -> [LedgerEntry] {
    var query = PageQuery()
    query.limit = 1_000_000
    return try await store.ledger(query).filter { $0.kind == .charge }
  }
}
