import Foundation
import HTTP
import LoadSupport
import TestSupport
import Testing

/// The loads of `bench load`, smaller: that every answer is right holds on any machine, how fast they
/// come is for the bench to say.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LoadTests {
  private func expectFree(_ service: SleepingService) async throws {
    #expect(try await eventually { service.depth == 0 }, "a slot was not freed")
  }

  @Test func `200 requests in flight and 1000 idle connections are all served`() async throws {
    var options = SleepingService.Options()
    options.slots = 200
    options.stepSeconds = 1
    let service = try SleepingService(options)
    var load = SteadyLoad()
    load.seconds = 0
    load.steps = 1
    load.renderSeconds = 1
    load.isStaggered = false
    let report = await load.run(on: service.target)
    #expect(report.busy.statuses == [200: 200] && report.busy.lost == 0)
    #expect(report.idle.statuses == [200: 1000] && report.idle.lost == 0)
    try await expectFree(service)
    await service.end()
  }

  @Test func `of ten times too many requests each is served or told when to return`() async throws {
    var options = SleepingService.Options()
    options.slots = 2
    options.capacity = 4
    options.stepSeconds = 1
    let service = try SleepingService(options)
    var load = Overload()
    load.clients = 60
    load.seconds = 0
    load.steps = 1
    let report = await load.run(on: service.target)
    #expect(report.tally.lost == 0 && report.tally.count == 60)
    #expect(Set(report.tally.statuses.keys) == [200, 429])
    #expect(report.wrongRefusals == 0)
    #expect(report.tally.statuses[200] ?? 0 >= options.slots + options.capacity)
    try await expectFree(service)
    await service.end()
  }

  // Both ends of each connection are this process's.
  @Test(.enabled(if: OpenFiles.allow(8000), "NOT TESTED: a process may not have 8000 files open"))
  func `others are served beside 3500 half-sent heads, and those are cut`() async throws {
    var options = SleepingService.Options()
    options.slots = 20
    options.stepSeconds = 0.05
    options.configuration.headTimeout = .seconds(3)
    let service = try SleepingService(options)
    var load = HalfSentHeads()
    load.others.clients = options.slots
    load.others.seconds = 1
    let report = await load.run(on: service.target)
    #expect(report.cut == load.count)
    #expect(Set(report.tally.statuses.keys) == [200] && report.tally.lost == 0)
    try await expectFree(service)
    await service.end()
  }

  @Test func `large bodies wait for memory or are told to return, and none is lost`() async throws {
    var options = SleepingService.Options()
    options.configuration.maxBufferedBytes = 8 << 20
    options.configuration.bufferWaitTimeout = .seconds(1)
    let service = try SleepingService(options)
    var load = LargeBodies(try EditBody.form(byteCount: 3 << 20))
    load.count = 2
    load.clients = 12
    let report = await load.run(on: service.target)
    #expect(report.tally.lost == 0 && report.tally.count == 24)
    #expect(Set(report.tally.statuses.keys).isSubset(of: [200, 503]))
    #expect(report.tally.statuses[200] ?? 0 > 0)
    // Nothing is left behind that would keep the next one out.
    load.clients = 1
    #expect(await load.run(on: service.target).tally.statuses == [200: 2])
    await service.end()
  }

  @Test func `the nearest rank is the quantile`() {
    let latencies = Latencies((1...200).reversed().map { Double($0) })
    #expect(latencies.quantile(0.5) == 100)
    #expect(latencies.quantile(0.99) == 198)
    #expect(latencies.quantile(1) == 200)
    #expect(Latencies([]).quantile(0.5) == 0)
  }
}
