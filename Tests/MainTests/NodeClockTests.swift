import Accounts
import Foundation
import TestSupport
import Testing

/// Nodes whose wall clocks are an hour off, beside one whose clock is right, on one PostgreSQL database: time
/// is the database's.
@Suite(
  .timeLimit(.minutes(10)),
  .enabled(if: PostgreSQLCluster.shared != nil, Comment(rawValue: PostgreSQLCluster.missing)),
  .enabled(if: FakeClock.isInstalled, Comment(rawValue: FakeClock.missing)))
struct NodeClockTests {
  private let nodes: ServedNodes

  init() async throws {
    nodes = try await ServedNodes(3, on: try #require(PostgreSQLCluster.shared))
  }

  /// A key beside that of the nodes.
  private func token(_ change: (inout KeyDraft) -> Void) async throws -> String {
    var draft = KeyDraft(name: "limited")
    change(&draft)
    return try await nodes.store.createKey(draft, by: "test").token.text
  }

  /// The time of a service's answer, by its own clock.
  private func created(_ answer: (status: Int, body: String)) throws -> Double {
    let document = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
    return try #require((document as? [String: Any])?["created"] as? Double)
  }

  @Test(arguments: [("+1h", 3600.0), ("-1h", -3600.0)])
  func `a node whose clock is an hour off keeps limits, expiry and answers as the others do`(
    offset: String, seconds: Double
  ) async throws {
    let right = try nodes.start(0)
    let off = try nodes.start(1, launcher: FakeClock.launcher(offset))
    let error = try created(try await off.render(token: nodes.token)) - Date().timeIntervalSince1970
    try #require(abs(error - seconds) < 60, "the clock is off by \(error) s")

    let limited = try await token { $0.limits.requestsPerMinute = 3 }
    for _ in 0..<2 {
      var statuses: [Int] = []
      for _ in 0..<4 {
        for service in [off, right] {
          statuses.append(try await service.render(token: limited).status)
        }
      }
      #expect(statuses == [200, 200, 200, 429, 429, 429, 429, 429])
      try nodes.advance(seconds: 61)
    }
    let second = try nodes.backend.open().now().microseconds / 1_000_000 % 86_400
    if second > 86_000 { try nodes.advance(seconds: 86_401 - second) }
    let today = try await token { $0.limits.requestsPerDay = 1 }
    #expect(try await right.render(token: today).status == 200)
    #expect(try await off.render(token: today).status == 429)

    let now = try nodes.backend.open().now()
    let expiring = try await token { $0.expires = now.adding(seconds: 1800) }
    #expect(try await off.render(token: expiring).status == 200)
    try nodes.advance(seconds: 1801)
    for service in [off, right] {
      #expect(try await service.render(token: expiring).status == 401)
    }
    try await expectRepeated(from: off, by: right)
    try await expectRepeated(from: right, by: off)
    #expect(try await nodes.store.check() == [])
  }

  /// Expects one node to give the answers that another has given, and no longer than they are kept.
  private func expectRepeated(from first: RunningService, by second: RunningService) async throws {
    let key = ["idempotency-key": "order-\(first.address)"]
    let retry = ["x-stainless-retry-count": "1"]
    let seed = #","seed":\#(first.port ?? 0)"#
    let answer = try await first.render(token: nodes.token, headers: key)
    let unkeyed = try await first.render(seed, token: nodes.token)
    #expect(try await second.render(token: nodes.token, headers: key).body == answer.body)
    #expect(try await second.render(seed, token: nodes.token, headers: retry).body == unkeyed.body)
    let count = try await nodes.charges().count
    try nodes.advance(seconds: 601)
    _ = try await second.render(seed, token: nodes.token, headers: retry)
    #expect(try await nodes.charges().count == count + 1, "a retry was answered after 10 minutes")
    try nodes.advance(seconds: 22 * 3600)
    #expect(try await second.render(token: nodes.token, headers: key).body == answer.body)
    #expect(try await nodes.charges().count == count + 1)
  }

  @Test(arguments: ["+1h", "-1h"])
  func `a node whose clock is an hour off takes no lease from others, and loses none`(
    offset: String
  ) async throws {
    let right = try nodes.start(0)
    try await expectKept(by: right) {
      try nodes.start(1, launcher: FakeClock.launcher(offset))
    }
    try await expectKept(by: try #require(nodes.services[1])) { try nodes.start(2) }
    #expect(try await nodes.charges().count == 2)
    #expect(try await nodes.store.check() == [])
  }

  /// Has another node start, which reclaims what has run out, while one has a render in progress.
  ///
  /// The one is stopped meanwhile, and the clock of the database, too: the render ends no sooner and its lease lasts,
  /// however long the other takes.
  private func expectKept(
    by service: RunningService, whileStarting start: () throws -> RunningService
  ) async throws {
    let token = nodes.token
    let metrics = try await service.metricsURL()
    let render = Task {
      try await service.render(
        size: "512x512", #","num_steps":50,"guidance_scale":2"#, token: token)
    }
    let isRendering = try await eventually {
      try await service.get(metrics).body.contains("\niris_renders_running 1\n")
    }
    try #require(isRendering, "it never renders")
    service.signal(SIGSTOP)
    defer { service.signal(SIGCONT) }
    try nodes.stopClock()
    var query = RequestQuery()
    query.state = .reserved
    let open = try await nodes.store.requests(query).count
    try #require(open == 1, "the render ended before it could be stopped")
    let count = try nodeCount()
    _ = try start()
    // A node reclaims at once when it begins to beat, and then every ten seconds.
    #expect(try await eventually { try nodeCount() == count + 1 })
    try await Task.sleep(for: .seconds(1))
    #expect(try await nodes.store.requests(query).count == 1, "it was reclaimed")
    try nodes.startClock()
    service.signal(SIGCONT)
    let answer = try await render.value
    #expect(answer.status == 200, "\(answer.body.prefix(300))")
  }

  private func nodeCount() throws -> Int64 {
    try nodes.backend.open().run("SELECT count(*) FROM node")[0].integer(0)
  }
}
