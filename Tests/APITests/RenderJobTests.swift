import API
import Accounts
import Flux2
import Foundation
import HTTP
import Rendering
import TestSupport
import Testing
import Text

/// Queueing, deadlines, failures and departures: the rows of section 7 of the HTTP contract beyond parameters.
@Suite struct RenderJobTests {
  @Test(arguments: ["", #""stream":true"#])
  func `beyond the queue requests are refused with a time to return`(members: String) async throws {
    let site = try TestSite(stub: StubRendering(isHeld: true), capacity: 1)
    async let first = site.generate()
    #expect(try await eventually { site.stub.plans.count == 1 })
    async let second = site.generate()
    #expect(try await eventually { site.renders.statistics.waiting == 1 })
    let refused = try await site.generate(members)
    site.stub.release()
    #expect(refused.status == 429)
    #expect(try refused.error["type"] as? String == "rate_limit_error")
    #expect(refused.errorCode == "backend_busy")
    let seconds = try #require(refused.response.headers["retry-after"]?.decimal)
    let milliseconds = try #require(refused.response.headers["retry-after-ms"]?.decimal)
    #expect((1...60).contains(seconds))
    #expect((seconds * 1000 - 999...seconds * 1000).contains(milliseconds))
    #expect(try await first.status == 200)
    #expect(try await second.status == 200)
  }

  @Test func `the time to return is as long as what waits will take`() async throws {
    let site = try TestSite(stub: StubRendering(stepSeconds: 0.5), capacity: 3)
    // The first tells how long a default image takes: 2 s at least, not the 1 s that is expected before.
    let start = ContinuousClock.now
    #expect(try await site.generate().status == 200)
    let render = (ContinuousClock.now - start) / .seconds(1)
    site.stub.hold()
    let accepted = (0..<4).map { _ in Task { try await site.generate().status } }
    #expect(try await eventually { site.renders.statistics.waiting == 3 })
    let refused = try await site.generate()
    #expect(refused.status == 429)
    let seconds =
      try #require(
        refused.response.headers["retry-after-ms"]?.decimal.map { Double($0) }) / 1000
    // Three that wait, and what is left of one that runs.
    #expect((6...4 * render + 0.1).contains(seconds), "told \(seconds) s, one takes \(render) s")
    site.stub.release()
    for task in accepted { #expect(try await task.value == 200) }
  }

  @Test func `a key that fills the queue leaves room for another`() async throws {
    let site = try TestSite(stub: StubRendering(isHeld: true), capacity: 2)
    let other = try site.keys.create(name: "other", mode: .live).token.text
    let greedy = (0..<3).map { _ in Task { try await site.generate().status } }
    #expect(
      try await eventually {
        site.renders.statistics.waiting == 2 && site.renders.statistics.running == 1
      })
    #expect(try await site.generate().status == 429)
    let headers: Headers = [
      "authorization": "Bearer \(other)", "content-type": "application/json",
    ]
    let modest = Task {
      try await site.post(TestSite.generations, TestSite.document(""), headers: headers).status
    }
    #expect(try await eventually { site.renders.statistics.waiting == 3 })
    #expect(try await site.generate().status == 429)
    site.stub.release()
    #expect(try await modest.value == 200)
    for task in greedy { #expect(try await task.value == 200) }
  }

  @Test func `a service that ends says when its renders will be done`() async throws {
    let site = try TestSite(stub: StubRendering(isHeld: true))
    let running = Task { try await site.generate(#""num_steps":50"#).status }
    #expect(try await eventually { site.renders.statistics.running == 1 })
    site.service.drain()
    let refused = try await site.generate()
    #expect(refused.status == 503)
    let seconds = try #require(refused.response.headers["retry-after"]?.decimal)
    // 50 steps at the 0.25 s that are expected of each, and the restart.
    #expect((12...19).contains(seconds))
    site.stub.release()
    #expect(try await running.value == 200)
  }

  @Test func `a render over the deadline is ended and should not be retried`() async throws {
    let site = try TestSite(stub: StubRendering(stepSeconds: 0.2)) {
      $0.renderDeadlineSeconds = 0.3
    }
    let answer = try await site.generate(#""num_steps":50"#)
    #expect(answer.status == 504)
    #expect(try answer.error["type"] as? String == "backend_timeout")
    #expect(answer.response.headers["x-should-retry"] == "false")
    #expect(try await eventually { site.stub.stoppedCount == 1 })
    #expect(site.stub.stepCount < 50)
  }

  /// The deadline passes while the render is held at its decoder's first block.
  @Test func `the deadline ends a render between the blocks of its decoding`() async throws {
    let model = try TestModel.embedded()
    let renders = RenderService(capacity: 1, slots: 1)
    @Sendable func status(
      _ rendering: any ImageRendering, deadline seconds: Double
    ) async throws -> Int {
      var configuration = ServiceConfiguration()
      configuration.renderDeadlineSeconds = seconds
      let service = Service(
        configuration: configuration, rendering: rendering, renders: renders, keys: nil)
      let (response, _) = try await InProcessClient(service).send(
        .post, TestSite.generations, headers: ["content-type": "application/json"],
        body: Array(TestSite.document(#""size":"64x64","num_steps":1"#).utf8))
      return response.status.code
    }
    let start = ContinuousClock.now
    #expect(try await status(model, deadline: 600) == 200)
    // Far more than it takes to come to the gate.
    let deadline = 1 + (ContinuousClock.now - start) / .seconds(1) * 10
    let gated = GatedRendering(model, at: .decoding)
    async let answer = status(gated, deadline: deadline)
    #expect(try await eventually { gated.heldCount == 1 })
    try await Task.sleep(for: .seconds(deadline + 0.5))
    gated.open()
    #expect(try await answer == 504)
    #expect(try await eventually { renders.statistics.running == 0 })
    #expect(gated.stepsAfter == 0)
  }

  @Test func `a failure inside has an id and nothing of the inside`() async throws {
    let site = try TestSite(stub: StubRendering(fails: true))
    let answer = try await site.generate()
    #expect(answer.status == 500)
    #expect(try answer.error["type"] as? String == "backend_error")
    #expect(answer.errorCode == "internal_error")
    let id = try #require(answer.response.headers["x-request-id"])
    #expect(answer.errorMessage?.contains("\(id)") == true)
    #expect(!answer.text.contains("inside"))
  }

  @Test(arguments: ["", #""stream":true"#])
  func `a client that leaves ends its render at the next step`(members: String) async throws {
    let site = try TestSite(stub: StubRendering(stepSeconds: 0.2))
    let options = members.isEmpty ? #""num_steps":50"# : members + #","num_steps":50"#
    let request = Task { try await site.generate(options) }
    #expect(try await eventually { site.stub.stepCount >= 2 })
    request.cancel()
    #expect(try await eventually { site.stub.stoppedCount == 1 })
    #expect(site.stub.stepCount < 50)
    let next = try await site.generate()
    #expect(next.status == 200, "the slot is free again")
  }

  @Test func `a client that leaves the queue is never rendered`() async throws {
    let site = try TestSite(stub: StubRendering(isHeld: true))
    async let first = site.generate()
    #expect(try await eventually { site.stub.plans.count == 1 })
    let waiting = Task { try await site.generate(#""seed":77"#) }
    #expect(try await eventually { site.renders.statistics.waiting == 1 })
    waiting.cancel()
    #expect(try await eventually { site.renders.statistics.waiting == 0 })
    site.stub.release()
    _ = try await first
    _ = try? await waiting.value
    #expect(!site.stub.plans.contains { $0.request.seed == 77 })
  }

  @Test func `a request is prepared once, for all that is told of it`() async throws {
    let site = try TestSite()
    #expect(try await site.generate(#""stream":true,"partial_images":1"#).status == 200)
    #expect(site.stub.preparationCount == 1)
    #expect(site.stub.plans.count == 1)
  }

  @Test func `without keys everyone may ask`() async throws {
    let site = try TestSite()
    let service = Service(
      rendering: site.stub, renders: .init(capacity: 1, slots: 1), keys: nil)
    let (response, _) = try await InProcessClient(service).send(
      .post, TestSite.generations, headers: ["content-type": "application/json"],
      body: Array(TestSite.document("").utf8))
    #expect(response.status.code == 200)
  }
}
