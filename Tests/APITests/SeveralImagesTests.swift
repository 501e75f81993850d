import API
import Accounts
import Flux2
import Foundation
import HTTP
import Rendering
import TestSupport
import Testing
import Text

/// Requests for several images: one admission, a charge for each, one answer.
@Suite(.timeLimit(.minutes(3))) struct SeveralImagesTests {
  private func site(
    _ stub: StubRendering? = nil, limits: KeyLimits = .unbounded, deadline: Double = 600
  ) throws -> TestSite {
    try TestSite(stub: stub, limits: limits) {
      $0.model.limits.imageCounts = 1...4
      $0.renderDeadlineSeconds = deadline
    }
  }

  private func charges(_ site: TestSite) async throws -> [LedgerEntry] {
    #expect(try await site.store.check() == [])
    let isOver = try await eventually {
      try await site.store.account(site.key.account).reserved == .zero
    }
    #expect(isOver)
    return try await site.store.ledger(PageQuery()).filter { $0.kind == .charge }
  }

  @Test func `each image has a seed of its own and its price`() async throws {
    let site = try site()
    let answer = try await site.generate(#""n":3,"seed":41,"size":"64x64""#)
    #expect(answer.status == 200)
    #expect(site.stub.plans.map(\.request.seed) == [41, 42, 43])
    #expect(site.stub.preparationCount == 1)
    let usage = try #require(answer.json["usage"] as? [String: Any])
    #expect(usage["output_tokens"] as? Int == 3 * 16 && usage["input_tokens"] as? Int == 3)
    let charges = try await charges(site)
    #expect(charges.map(\.amount) == [Money(microUnits: -15_000)])
    #expect(charges.map(\.images) == [3])
    #expect(try await site.store.usage(UsageQuery()).map(\.images) == [3])
  }

  @Test func `what is left must be enough for all of them`() async throws {
    try await awaitRoomInDay()
    var limits = KeyLimits.unbounded
    limits.monthlyCap = Money(microUnits: 14_999)
    let site = try site(limits: limits)
    let refused = try await site.generate(#""n":3"#)
    #expect(refused.status == 402 && site.stub.plans.isEmpty)
    #expect(try await site.generate(#""n":2"#).status == 200)
    #expect(try await charges(site).map(\.images) == [2])
  }

  @Test(arguments: ["", #","stream":true"#])
  func `all are given again under an idempotency key, and paid for once`(
    members: String
  ) async throws {
    let site = try site()
    var headers = site.headers()
    headers["idempotency-key"] = "three"
    func ask(_ members: String) async throws -> TestAnswer {
      try await site.post(TestSite.generations, TestSite.document(members), headers: headers)
    }
    let first = try await ask(#""n":3"# + members)
    let again = try await ask(#""n":3"# + members)
    #expect(first.status == 200 && !again.body.isEmpty)
    #expect(first.text.hasSuffix(again.text))
    #expect(try await ask(#""n":2"# + members).status == 422)
    #expect(site.stub.plans.count == 3)
    #expect(try await charges(site).map(\.images) == [3])
  }

  @Test func `a stream brings the previews of each and then all images`() async throws {
    let site = try site()
    let answer = try await site.generate(
      #""n":2,"seed":5,"stream":true,"partial_images":1,"size":"64x64""#)
    let events = try TestEvents(answer.text).events
    let kinds = ["partial_image", "partial_image", "completed", "completed"]
    #expect(events.map(\.name) == kinds.map { "image_generation.\($0)" })
    #expect(events.map { $0.data["image_index"] as? Int } == [0, 1, 0, 1])
    #expect(events.map { $0.data["seed"] as? Int } == [nil, nil, 5, 6])
    for event in events.suffix(2) {
      let usage = try #require(event.data["usage"] as? [String: Any])
      #expect(usage["output_tokens"] as? Int == 16)
    }
  }

  @Test func `late or left before the last is finished, none is paid for`() async throws {
    let late = try site(StubRendering(stepSeconds: 0.1), deadline: 1.2)
    #expect(try await late.generate(#""n":4"#).status == 504)
    #expect(late.stub.plans.count > 1)
    #expect(try await charges(late).isEmpty)
    let left = try site(StubRendering(stepSeconds: 0.1))
    let request = Task { try await left.generate(#""n":4,"num_steps":8"#) }
    #expect(try await eventually { left.stub.plans.count == 2 })
    request.cancel()
    #expect(
      try await eventually {
        try await left.store.account(left.key.account).reserved == .zero
      })
    #expect(try await charges(left).isEmpty)
  }
}
