import Accounts
import Foundation
import Measurement
import TestSupport

/// Measures the store: how many requests it admits and settles in a second, how many it refuses, and how long
/// each takes while 200 clients ask.
///
/// `bench store [seconds] [folder]`: each part for so many seconds, on SQLite in a folder of its own within that one.
/// `bench store [seconds] postgresql`: on a PostgreSQL server of its own in the temporary folder, with every commit durable.
/// The time of an fsync there is printed beside the figures, since the pace of durable writes depends on it.
struct StoreBenchmark {
  private static let clientCount = 200
  private static let keyCount = 20

  private let seconds: Double
  private let folder: String
  private let isPostgreSQL: Bool

  init(_ arguments: ArraySlice<String>) {
    seconds = arguments.compactMap { Double($0) }.first ?? 10
    let word = arguments.first { Double($0) == nil }
    isPostgreSQL = word == "postgresql"
    let temporary = FileManager.default.temporaryDirectory.path
    folder = isPostgreSQL ? temporary : word ?? temporary
  }

  func run() async throws {
    let directory = folder + "/iris-bench-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    print("fsync of 4 KB in \(folder): \(Self.text(Self.fsync(in: directory)))")
    let cluster = isPostgreSQL ? try PostgreSQLCluster(isDurable: true) : nil
    let address = try cluster.map { try PostgreSQLAddress($0.makeSchema()) }
    let store = Store(try .deployment(at: address, directory: directory + "/data"))
    let node = try await store.start(node: "bench")
    let keys = try await Self.keys(in: store)
    for (name, duration) in [("at once", Duration.zero), ("after a second", .seconds(1))] {
      let samples = try await clients { client in
        let start = ContinuousClock.now
        let outcome = try await store.admit(Self.request(keys[client % keys.count]), on: node)
        let time = start.duration(to: .now)
        guard case .admitted(let reservation, _) = outcome else { throw Unexpected(outcome) }
        if duration > .zero { try await Task.sleep(for: duration) }
        guard try await store.settle(reservation) else { throw Unexpected(outcome) }
        return time
      }
      report("admitted, and settled \(name)", samples)
    }
    try await refuse(store, node, keys[0])
    for finding in try await store.check() { print("UNSOUND: \(finding)") }
  }

  private func refuse(_ store: Store, _ node: NodeIdentity, _ key: APIKey) async throws {
    var change = KeyChange()
    change.requestsPerDay = 0
    _ = try await store.updateKey(key.id, change, by: "bench")
    let samples = try await clients { _ in
      let start = ContinuousClock.now
      let outcome = try await store.admit(Self.request(key), on: node)
      guard case .refused = outcome else { throw Unexpected(outcome) }
      return start.duration(to: .now)
    }
    report("refused", samples)
  }

  /// Has 200 clients do something again and again.
  private func clients(
    _ body: @escaping @Sendable (Int) async throws -> Duration
  ) async throws -> Samples {
    let end = ContinuousClock.now + .seconds(seconds)
    let times = try await withThrowingTaskGroup(of: [Double].self) { group in
      for client in 0..<Self.clientCount {
        group.addTask {
          // Clients do not begin at the same moment.
          try await Task.sleep(for: .milliseconds(client * 5))
          var times: [Double] = []
          while ContinuousClock.now < end { times.append(try await body(client) / .seconds(1)) }
          return times
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    return Samples(seconds: times)
  }

  private func report(_ name: String, _ samples: Samples) {
    print("\(name): \((Double(samples.count) / seconds).rounded()) a second; \(Self.text(samples))")
  }

  private static func text(_ samples: Samples) -> String {
    func milliseconds(_ seconds: Double) -> Double { (seconds * 1e5).rounded() / 100 }
    return
      "median \(milliseconds(samples.median)) ms, p95 \(milliseconds(samples.percentile95)) ms, "
      + "p99 \(milliseconds(samples.percentile99)) ms"
  }

  private static func request(_ key: APIKey) -> AdmissionRequest {
    AdmissionRequest(
      id: UUID().uuidString, key: key, endpoint: "/v1/images/generations",
      unitPrice: Money(microUnits: 5000))
  }

  private static func keys(in store: Store) async throws -> [APIKey] {
    var keys: [APIKey] = []
    for number in 0..<keyCount {
      let account = try await store.createAccount(
        name: "\(number)", credit: Money(microUnits: 1_000_000_000_000), by: "bench")
      var draft = KeyDraft(name: "\(number)")
      draft.account = account.id
      draft.limits.requestsPerMinute = KeyLimits.maximumCount
      draft.limits.requestsPerDay = KeyLimits.maximumCount
      draft.limits.concurrentRequests = KeyLimits.maximumCount
      draft.limits.monthlyCap = .maximum
      keys.append(try await store.createKey(draft, by: "bench").key)
    }
    return keys
  }

  private static func fsync(in directory: String) -> Samples {
    let file = unsafe open(directory + "/fsync", O_RDWR | O_CREAT, 0o600)
    defer { close(file) }
    let page = [UInt8](repeating: 1, count: 4096)
    return Samples(limit: 100) {
      _ = unsafe write(file, page, page.count)
      Glibc.fsync(file)
    }
  }

  /// An answer of the store that the benchmark does not ask for.
  private struct Unexpected: Error {
    let outcome: AdmissionOutcome

    init(_ outcome: AdmissionOutcome) { self.outcome = outcome }
  }
}
