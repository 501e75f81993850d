import API
import Accounts
import Foundation
import HTTP
import Rendering
import TestSupport
import Testing

/// Renders in progress while the store is away, or has given up on them.
@Suite(.timeLimit(.minutes(3))) struct StoreOutageTests {
  private func charges(_ site: TestSite) async throws -> Int {
    try await site.store.ledger(PageQuery()).filter { $0.kind == .charge }.count
  }

  /// Moves the database away, or back.
  private func move(_ site: TestSite, isAway: Bool) throws {
    let (here, there) = ("\(site.directory)/iris.sqlite", "\(site.directory)/away")
    try FileManager.default.moveItem(
      atPath: isAway ? here : there, toPath: isAway ? there : here)
  }

  @Test(arguments: ["", #""stream":true"#])
  func `a finished render waits for the store, and is delivered once it is charged`(
    members: String
  ) async throws {
    let site = try TestSite(stub: StubRendering(isHeld: true))
    let request = Task { try await site.generate(members) }
    #expect(try await eventually { site.stub.plans.count == 1 })
    try move(site, isAway: true)
    let refused = try await site.generate()
    #expect(refused.status == 503 && refused.errorCode == "backend_unavailable")
    site.stub.release()
    #expect(try await eventually { site.renders.statistics.running == 0 })
    try await Task.sleep(for: .milliseconds(300))
    try move(site, isAway: false)
    let answer = try await request.value
    #expect(answer.status == 200 && answer.text.contains("b64_json"))
    #expect(try await charges(site) == 1)
    #expect(try await site.store.check() == [])
  }

  @Test func `a render that cannot be charged in time is not delivered, and costs nothing`()
    async throws
  {
    let site = try TestSite(stub: StubRendering(isHeld: true)) { $0.settlementSeconds = 0.2 }
    let request = Task { try await site.generate() }
    #expect(try await eventually { site.stub.plans.count == 1 })
    try move(site, isAway: true)
    site.stub.release()
    let answer = try await request.value
    #expect(answer.status == 503 && !answer.text.contains("b64_json"))
    try move(site, isAway: false)
    #expect(try await charges(site) == 0)
    // Nobody renews its lease: another process gives back what is held, as one start does.
    let other = try TestSite(beside: site)
    #expect(
      try await eventually { try await site.store.account(site.key.account).reserved == .zero })
    withExtendedLifetime(other) {}
    #expect(try await charges(site) == 0)
    #expect(try await site.store.check() == [])
  }

  @Test func `a render whose reservation was reclaimed is not delivered and not charged`()
    async throws
  {
    let site = try TestSite(stub: StubRendering(isHeld: true))
    let request = Task { try await site.generate() }
    #expect(try await eventually { site.stub.plans.count == 1 })
    try StoreBackend.sqlite(directory: site.directory).open()
      .run("UPDATE request SET lease_until = 0 WHERE state = 'reserved'")
    #expect(try await Store(directory: site.directory).reclaim() == 1)
    site.stub.release()
    let answer = try await request.value
    #expect(answer.status == 503 && answer.errorCode == "backend_unavailable")
    #expect(try await charges(site) == 0)
    #expect(try await site.generate().status == 200)
    #expect(try await charges(site) == 1)
    #expect(try await site.store.check() == [])
  }
}
