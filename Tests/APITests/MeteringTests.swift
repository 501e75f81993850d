import API
import Accounts
import Foundation
import HTTP
import Rendering
import TestSupport
import Testing
import Text

/// Limits, credit and the ledger, as requests meet them: section 8 of the HTTP contract.
@Suite(.timeLimit(.minutes(3))) struct MeteringTests {
  private func charges(_ site: TestSite) async throws -> [LedgerEntry] {
    try await site.store.ledger(PageQuery()).filter { $0.kind == .charge }
  }

  private func expectSound(_ site: TestSite, _ sourceLocation: SourceLocation = #_sourceLocation)
    async throws
  {
    #expect(try await site.store.check() == [], sourceLocation: sourceLocation)
    let isOver = try await eventually {
      try await site.store.account(site.key.account).reserved == .zero
    }
    #expect(isOver, sourceLocation: sourceLocation)
  }

  @Test(arguments: ["", #""stream":true"#])
  func `a finished image is charged once, under the id of its answer`(members: String) async throws
  {
    let site = try TestSite()
    let answer = try await site.generate(members)
    #expect(answer.status == 200)
    let charges = try await charges(site)
    #expect(charges.map(\.amount) == [Money(microUnits: -5000)])
    #expect(charges.first?.key == site.key.id)
    let id = try #require(answer.response.headers["x-request-id"])
    #expect(charges.first?.request == "\(id)")
    #expect(
      try await site.store.account(site.key.account).credit == Money(microUnits: 4_995_000))
    try await expectSound(site)
  }

  @Test(arguments: [
    (#""n":2"#, 400), (#""model":"other""#, 400), (#""num_steps":50"#, 504),
  ])
  func `what is refused or late costs nothing`(members: String, status: Int) async throws {
    let site = try TestSite(stub: StubRendering(stepSeconds: 0.2)) {
      $0.renderDeadlineSeconds = 0.5
    }
    #expect(try await site.generate(members).status == status)
    #expect(try await charges(site).isEmpty)
    try await expectSound(site)
  }

  @Test func `a render that fails inside costs nothing`() async throws {
    let site = try TestSite(stub: StubRendering(fails: true))
    #expect(try await site.generate().status == 500)
    #expect(try await charges(site).isEmpty)
    try await expectSound(site)
  }

  @Test(arguments: ["", #""stream":true"#])
  func `a client that leaves pays nothing`(members: String) async throws {
    let site = try TestSite(stub: StubRendering(stepSeconds: 0.1))
    let request = Task { try await site.generate(#""num_steps":50"#) }
    #expect(try await eventually { site.stub.stepCount >= 1 })
    request.cancel()
    #expect(try await eventually { site.stub.stoppedCount == 1 })
    #expect(
      try await eventually {
        try await site.store.account(site.key.account).reserved == .zero
      })
    #expect(try await charges(site).isEmpty)
    try await expectSound(site)
  }

  @Test func `a full queue refuses before anything is written`() async throws {
    let site = try TestSite(stub: StubRendering(isHeld: true), capacity: 1)
    async let first = site.generate()
    #expect(try await eventually { site.stub.plans.count == 1 })
    async let second = site.generate(#""seed":2"#)
    #expect(try await eventually { site.renders.statistics.waiting == 1 })
    #expect(try await site.generate(#""seed":3"#).errorCode == "backend_busy")
    let usage = try await site.store.usage(UsageQuery())
    #expect(usage.map(\.requests) == [2])
    site.stub.release()
    _ = try await (first, second)
    try await expectSound(site)
  }

  @Test func `a test key counts and pays nothing`() async throws {
    let site = try TestSite()
    let token = try site.keys.create(name: "test", mode: .test).token.text
    let answer = try await site.post(
      TestSite.generations, TestSite.document(""),
      headers: ["authorization": "Bearer \(token)", "content-type": "application/json"])
    #expect(answer.status == 200)
    #expect(try await charges(site).isEmpty)
    #expect(try await site.store.usage(UsageQuery()).map(\.images) == [1])
    try await expectSound(site)
  }

  // MARK: Limits

  @Test func `requests a minute are told on every answer, and refused with the true time`()
    async throws
  {
    var limits = KeyLimits.unbounded
    limits.requestsPerMinute = 2
    let site = try TestSite(limits: limits)
    func figures(_ answer: TestAnswer) -> [String] {
      ["limit", "remaining", "reset"].map {
        answer.response.headers[ByteString("x-ratelimit-\($0)-requests")].map { "\($0)" } ?? "none"
      }
    }
    let start = ContinuousClock.now
    #expect(figures(try await site.get("/v1/models", headers: site.headers())) == ["2", "2", "0s"])
    #expect(figures(try await site.get("/v1/models")) == ["none", "none", "none"])
    #expect(figures(try await site.generate()).prefix(2) == ["2", "1"])
    let bad = try await site.generate(#""n":2"#)
    #expect(bad.status == 400 && figures(bad).prefix(2) == ["2", "1"])
    #expect(figures(try await site.generate()) == ["2", "0", "1m0s"])
    let refused = try await site.generate()
    #expect(refused.status == 429 && refused.errorCode == "rpm_exceeded")
    #expect(figures(refused).prefix(2) == ["2", "0"])
    let elapsed = (ContinuousClock.now - start) / .milliseconds(1)
    let wait = Double(try #require(refused.response.headers["retry-after-ms"]?.decimal))
    #expect((60_000 - elapsed - 1...60_000).contains(wait), "\(wait) after \(elapsed)")
    #expect(refused.response.headers["retry-after"]?.decimal == Int((wait / 1000).rounded(.up)))
    #expect(refused.response.headers["x-should-retry"] == nil)
    #expect(site.stub.plans.count == 2)
    // Visits count for nothing and are not refused.
    #expect(try await site.get("/v1/models", headers: site.headers()).status == 200)
    try await expectSound(site)
  }

  @Test func `requests a day are refused until the day ends, and not to be asked again`()
    async throws
  {
    try await awaitRoomInDay()
    var limits = KeyLimits.unbounded
    limits.requestsPerDay = 1
    let site = try TestSite(limits: limits)
    #expect(try await site.generate().status == 200)
    func secondsLeftInDay() -> Int { 86_400 - Int(Date().timeIntervalSince1970) % 86_400 }
    let before = secondsLeftInDay()
    let refused = try await site.generate()
    #expect(refused.status == 429 && refused.errorCode == "rpd_exceeded")
    #expect(refused.response.headers["x-should-retry"] == "false")
    let seconds = try #require(refused.response.headers["retry-after"]?.decimal)
    let left = secondsLeftInDay()
    #expect((left...before).contains(seconds), "\(seconds), and the day had \(before) to \(left)")
  }

  @Test func `requests at once are refused, and the place is free once one ends`() async throws {
    var limits = KeyLimits.unbounded
    limits.concurrentRequests = 1
    let site = try TestSite(stub: StubRendering(isHeld: true), limits: limits)
    async let first = site.generate()
    #expect(try await eventually { site.stub.plans.count == 1 })
    let refused = try await site.generate(#""seed":5"#)
    #expect(refused.status == 429 && refused.errorCode == "concurrency_exceeded")
    #expect(refused.response.headers["retry-after"] == "1")
    site.stub.release()
    #expect(try await first.status == 200)
    #expect(try await site.generate().status == 200)
  }

  @Test func `cap and credit are 402, each in its words, and nothing is rendered`() async throws {
    try await awaitRoomInDay()
    var limits = KeyLimits.unbounded
    limits.monthlyCap = Money(microUnits: 5000)
    let site = try TestSite(limits: limits)
    #expect(try await site.generate().status == 200)
    let capped = try await site.generate()
    #expect(capped.status == 402 && capped.errorCode == "insufficient_quota")
    #expect(try capped.error["type"] as? String == "insufficient_quota")
    #expect(capped.errorMessage?.contains("month") == true)
    #expect(capped.response.headers["x-should-retry"] == "false")

    let poor = try TestSite { $0.model.price = Money(microUnits: 5_000_001) }
    let refused = try await poor.generate()
    #expect(refused.status == 402 && refused.errorMessage?.contains("credit") == true)
    #expect(poor.stub.plans.isEmpty)
  }

  @Test func `suspension, revocation and new limits act on the next request`() async throws {
    let site = try TestSite()
    #expect(try await site.generate().status == 200)
    _ = try await site.store.setSuspended(true, site.key.account, by: "test")
    let suspended = try await site.generate()
    #expect(suspended.status == 403 && suspended.errorCode == "account_suspended")
    #expect(try suspended.error["type"] as? String == "permission_error")
    #expect(try await site.get("/v1/models", headers: site.headers()).status == 403)
    _ = try await site.store.setSuspended(false, site.key.account, by: "test")
    #expect(try await site.generate().status == 200)
    var change = KeyChange()
    change.requestsPerMinute = 2
    _ = try await site.store.updateKey(site.key.id, change, by: "test")
    #expect(try await site.generate().errorCode == "rpm_exceeded")
    _ = try await site.store.revokeKey(site.key.id, by: "test")
    #expect(try await site.generate().status == 401)
  }

  @Test func `a refused client never uploads`() async throws {
    var limits = KeyLimits.unbounded
    limits.requestsPerMinute = 0
    let site = try TestSite(limits: limits)
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service)
    defer { server.stop() }
    guard case .tcp(_, let port) = server.address else { throw CancellationError() }
    let client = SocketClient(port: port)
    let head =
      "POST \(TestSite.edits) HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \(site.token)\r\n"
      + "content-type: application/json\r\ncontent-length: 40000000\r\nexpect: 100-continue\r\n\r\n"
    client.send(Array(head.utf8))
    let answer = await Blocking.run { client.receiveAll() }
    #expect(answer.hasPrefix("HTTP/1.1 429 "), "\(answer.prefix(200))")
    #expect(answer.contains("rpm_exceeded") && !answer.contains("100 Continue"))
  }

  @Test func `metrics and log tell what the ledger tells`() async throws {
    let lines = SocketTests.Lines()
    let site = try TestSite(log: AccessLog { lines.add($0) })
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service)
    defer { server.stop() }
    let client = ContractSocket(server)
    for seed in 1...3 {
      let answer = try await client.send(.generation(#""seed":\#(seed)"#), token: site.token)
      #expect(answer.status == 200)
    }
    #expect(try await client.send(.generation(#""n":2"#), token: site.token).status == 400)
    #expect(
      try await eventually { lines.all.filter { $0.contains(#""charge":"0.005""#) }.count == 3 })
    let (_, body) = try await InProcessClient(site.service.metricsHandler).send(.get, "/metrics")
    let text = String(decoding: body, as: UTF8.self)
    for sample in [
      #"iris_admissions_total{decision="admitted"} 3"#, "iris_settlements_total 3",
      #"iris_charged_micro_total{currency="USD"} 15000"#,
    ] { #expect(text.contains("\n\(sample)\n"), "\(sample)") }
    #expect(try await charges(site).map(\.amount.microUnits).reduce(0, +) == -15_000)
  }
}
