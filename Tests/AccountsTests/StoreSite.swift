import Accounts
import Foundation
import TestSupport
import Testing

/// The place of a store.
enum StoreKind: CaseIterable {
  case sqlite
  case postgresql

  /// Those that can be tested here; `PostgreSQLTests` says so where one is missing.
  static let tested = allCases.filter { $0 == .sqlite || PostgreSQLCluster.shared != nil }
}

/// A store with a clock that stands still until a test advances it.
///
/// The clock is a table of the database, so that all connections of all nodes have the same time, and it
/// survives their crashes.
final class StoreSite: Sendable {
  /// Where nodes of a PostgreSQL store find its tables; nil for SQLite.
  let url: String?
  let address: PostgreSQLAddress?
  let directory: String
  private let folder: TemporaryFolder?
  /// The store with the machine's clock, and a connection to it for statements of tests.
  private let plain: StoreBackend
  private let connection: StoreConnection
  private static let clock = "(SELECT micros FROM test_clock)"
  /// 29 November 2026, noon UTC.
  static let start = Timestamp(microseconds: 1_795_953_600_000_000)

  /// A new store.
  /// - Parameter cluster: The server of a PostgreSQL store.
  convenience init(_ kind: StoreKind, cluster: PostgreSQLCluster? = .shared) throws {
    let folder = try TemporaryFolder()
    let url = try kind == .sqlite ? nil : #require(cluster).makeSchema()
    try self.init(url, folder.path("data"), folder)
    try run("CREATE TABLE test_clock (micros BIGINT NOT NULL)")
    try run("INSERT INTO test_clock VALUES ($1)", [.time(Self.start)])
  }

  /// The store of a site that another process made and removes.
  convenience init(of directory: String) throws { try self.init(nil, directory, nil) }

  private init(
    _ url: String?, _ directory: String, _ folder: TemporaryFolder?
  ) throws {
    self.url = url
    address = try url.map { (url) throws(AccountsError) in try PostgreSQLAddress(url) }
    self.directory = directory
    self.folder = folder
    plain = try .deployment(at: address, directory: directory)
    connection = plain.connection()
  }

  /// Opens the store, as a node does when it starts.
  func backend() throws -> StoreBackend {
    try .deployment(at: address, directory: directory, now: Self.clock)
  }

  func store() throws -> Store { Store(try backend()) }

  /// Runs a statement on a connection of its own.
  @discardableResult
  func run(_ sql: String, _ values: [SQLValue] = []) throws -> [SQLRow] {
    try connection.use { (database) throws(AccountsError) in try database.run(sql, values) }
  }

  func advance(milliseconds: Int64) throws {
    try run("UPDATE test_clock SET micros = micros + $1", [.integer(milliseconds * 1000)])
  }

  func advance(seconds: Int64) throws { try advance(milliseconds: seconds * 1000) }
}

/// Changes to a store that only damage makes, and its kept bodies.
extension StoreSite {
  private var results: String { directory + "/results" }

  /// Runs a statement that no constraint stops.
  func damage(_ sql: String) throws {
    try run(
      address == nil ? "PRAGMA foreign_keys = OFF" : "SET session_replication_role = replica")
    try run(sql)
  }

  /// Puts something else in place of a kept body.
  func damageBody(of request: String) throws {
    guard address == nil else {
      try run("UPDATE result_body SET body = $1", [.blob(Array("{}".utf8))])
      return
    }
    try Data("{}".utf8).write(to: URL(filePath: results + "/" + request))
  }

  /// The number of bodies that are kept.
  func bodyCount() throws -> Int64 {
    if address != nil { return try run("SELECT count(*) FROM result_body")[0].integer(0) }
    return Int64(try FileManager.default.contentsOfDirectory(atPath: results).count)
  }

  /// Has the files of bodies be old enough to be removed.
  func ageBodies() throws {
    guard address == nil else { return }
    for name in try FileManager.default.contentsOfDirectory(atPath: results) {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -3600)],
        ofItemAtPath: results + "/" + name)
    }
  }
}

/// A node on a store, with a key to admit for.
struct TestNode: Sendable {
  let site: StoreSite
  let store: Store
  let node: NodeIdentity
  let key: APIKey
  static let price = Money(microUnits: 5000)

  init(
    _ site: StoreSite, id: String = "node-1", mode: Token.Mode = .live, credit: Money? = nil,
    _ change: (inout KeyLimits) -> Void = { _ in }
  ) async throws {
    self.site = site
    store = try site.store()
    node = try await store.start(node: id)
    let account = try await store.createAccount(
      name: "tests", credit: credit ?? KeyLimits.defaultCredit, by: "test")
    var draft = KeyDraft(name: "tests")
    draft.mode = mode
    draft.account = account.id
    change(&draft.limits)
    key = try await store.createKey(draft, by: "test").key
  }

  /// Another node on the store of one, with the same key.
  init(beside other: TestNode, id: String) async throws {
    site = other.site
    store = try site.store()
    node = try await store.start(node: id)
    key = other.key
  }

  func request(
    _ retry: AdmissionRequest.Retry = .never, fingerprint: [UInt8] = [1], id: String? = nil
  ) -> AdmissionRequest {
    AdmissionRequest(
      id: id ?? "req-\(UUID().uuidString)", key: key, endpoint: "/v1/images/generations",
      unitPrice: Self.price, fingerprint: fingerprint, retry: retry)
  }

  func admit(
    _ retry: AdmissionRequest.Retry = .never, fingerprint: [UInt8] = [1]
  ) async throws -> AdmissionOutcome {
    try await store.admit(request(retry, fingerprint: fingerprint), on: node)
  }

  /// The reservation of a request that must be admitted.
  func reservation(
    _ retry: AdmissionRequest.Retry = .never, fingerprint: [UInt8] = [1],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Reservation {
    let outcome = try await admit(retry, fingerprint: fingerprint)
    return try #require(outcome.reservation, "\(outcome)", sourceLocation: sourceLocation)
  }

  func account() async throws -> Account { try await store.account(key.account) }

  /// The ledger's charges.
  func charges() async throws -> [LedgerEntry] {
    try await store.ledger(PageQuery()).filter { $0.kind == .charge }
  }

  func expectSound(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    #expect(try await store.check() == [], sourceLocation: sourceLocation)
  }
}

extension AdmissionOutcome {
  var reservation: Reservation? {
    if case .admitted(let reservation, _) = self { reservation } else { nil }
  }

  var refusal: Refusal? { if case .refused(let refusal, _) = self { refusal } else { nil } }

  var replay: StoredAnswer? { if case .replayed(let answer, _) = self { answer } else { nil } }

  var rateLimit: RateLimit? {
    switch self {
    case .admitted(_, let figures), .replayed(_, let figures), .joined(_, let figures): figures
    case .refused(_, let figures): figures
    }
  }
}

extension StoredAnswer {
  /// An answer with a body that shows which request it is of.
  init(of reservation: Reservation) {
    self.init(
      request: reservation.id, status: 200, contentType: "application/json",
      body: Array("{\"id\":\"\(reservation.id)\"}".utf8))
  }
}
