import API
import Accounts
import Foundation
import HTTP
import TestSupport
import Testing
import Text

/// Requests that come again: one render, one charge, the same bytes.
@Suite(.timeLimit(.minutes(3))) struct RepetitionTests {
  private func charges(_ site: TestSite) async throws -> Int {
    try await site.store.ledger(PageQuery()).filter { $0.kind == .charge }.count
  }

  private func ask(
    _ site: TestSite, _ members: String = "", token: String? = nil,
    _ fields: (ByteString, ByteString)...
  ) async throws -> TestAnswer {
    var headers: Headers = [
      "authorization": "Bearer \(token ?? site.token)", "content-type": "application/json",
    ]
    for (name, value) in fields { headers.append(name, value) }
    return try await site.post(TestSite.generations, TestSite.document(members), headers: headers)
  }

  private static let key: (ByteString, ByteString) = ("idempotency-key", "order-17")
  private static let retry: (ByteString, ByteString) = ("x-stainless-retry-count", "1")

  @Test(arguments: ["", #""stream":true,"partial_images":1"#])
  func `an answer is given again under its idempotency key, by another process too`(
    members: String
  ) async throws {
    let site = try TestSite()
    let first = try await ask(site, members, Self.key)
    #expect(first.status == 200)
    let second = try await ask(site, members, Self.key)
    let other = try TestSite(node: "two", beside: site)
    let third = try await ask(other, members, token: site.token, Self.key)
    for answer in [second, third] {
      #expect(answer.status == 200)
      #expect(answer.response.headers["content-type"] == first.response.headers["content-type"])
      #expect(
        answer.response.headers["x-request-id"] != first.response.headers["x-request-id"])
      // Of a stream, the last event is given again.
      #expect(members.isEmpty ? answer.body == first.body : first.text.hasSuffix(answer.text))
    }
    if !members.isEmpty {
      #expect(
        try TestEvents(second.text).events.map(\.name) == ["image_generation.completed"])
    }
    #expect(site.stub.plans.count == 1 && other.stub.plans.isEmpty)
    #expect(try await charges(site) == 1)
    #expect(try await site.store.check() == [])
  }

  @Test func `the order of LoRAs makes no other request, their strength does`() async throws {
    let site = try TestSite()
    let list = { (items: [String]) in #""seed":1,"loras":[\#(items.joined(separator: ","))]"# }
    let (dark, anime) = (#"{"name":"dark","strength":0.5}"#, #"{"name":"anime"}"#)
    #expect(try await ask(site, list([dark, anime]), Self.key).status == 200)
    #expect(try await ask(site, list([anime, dark]), Self.key).status == 200)
    #expect(site.stub.plans.count == 1)
    #expect(try await ask(site, list([anime, #"{"name":"dark"}"#]), Self.key).status == 422)
    #expect(try await ask(site, #""seed":1"#, Self.key).status == 422)
  }

  @Test func `another request under an idempotency key is refused`() async throws {
    let site = try TestSite()
    #expect(try await ask(site, #""seed":1"#, Self.key).status == 200)
    for members in [#""seed":2"#, #""seed":1,"stream":true"#] {
      let refused = try await ask(site, members, Self.key)
      #expect(refused.status == 422 && refused.errorCode == "idempotency_mismatch")
      #expect(refused.response.headers["x-should-retry"] == "false")
    }
    let other = try site.keys.create(name: "other", mode: .live).token.text
    #expect(try await ask(site, #""seed":2"#, token: other, Self.key).status == 200)
    #expect(try await charges(site) == 2)
  }

  @Test(arguments: ["", String(repeating: "k", count: 256), "h\u{e9}"])
  func `a key that is empty, too long or not ASCII is refused`(text: String) async throws {
    let site = try TestSite()
    let answer = try await ask(site, "", ("idempotency-key", ByteString(text)))
    #expect(answer.status == 400 && answer.errorParameter == "Idempotency-Key")
    #expect(answer.response.headers["x-ratelimit-limit-requests"] != nil)
    let twice = try await ask(site, "", Self.key, Self.key)
    #expect(twice.status == 400)
    let long = ByteString(String(repeating: "k", count: 255))
    #expect(try await ask(site, "", ("idempotency-key", long)).status == 200)
  }

  @Test func `an answer that was lost is a fault that says so, and costs nothing`() async throws {
    let site = try TestSite()
    #expect(try await ask(site, "", Self.key).status == 200)
    try FileManager.default.removeItem(atPath: site.directory + "/results")
    let lost = try await ask(site, "", Self.key)
    #expect(lost.status == 500 && lost.errorCode == "internal_error")
    #expect(lost.text.contains("Idempotency-Key") && lost.text.contains("is lost"))
    #expect(try await charges(site) == 1 && site.stub.plans.count == 1)
  }

  @Test func `what is refused is not kept, and neither is what failed`() async throws {
    let site = try TestSite(stub: StubRendering(stepSeconds: 0.1)) {
      $0.renderDeadlineSeconds = 3
    }
    #expect(try await ask(site, #""n":2"#, Self.key).status == 400)
    #expect(try await ask(site, #""num_steps":50"#, Self.key).status == 504)
    let answer = try await ask(site, #""num_steps":1"#, Self.key)
    #expect(answer.status == 200, "\(answer.text)")
    #expect(try await charges(site) == 1)
  }

  @Test(arguments: [true, false])
  func `a retry joins the render in progress, or gets its answer`(hasKey: Bool) async throws {
    let site = try TestSite(stub: StubRendering(isHeld: true))
    let field = hasKey ? Self.key : ("x-stainless-lang", "python")
    let first = Task { try await ask(site, "", field) }
    #expect(try await eventually { site.stub.plans.count == 1 })
    let second = Task { try await ask(site, "", hasKey ? field : Self.retry) }
    let third = Task { try await ask(site, "", hasKey ? field : Self.retry) }
    #expect(try await eventually { try await joined(site) == 2 })
    site.stub.release()
    let bodies = [try await first.value, try await second.value, try await third.value]
    #expect(Set(bodies.map(\.body)).count == 1 && bodies.allSatisfy { $0.status == 200 })
    let late = try await ask(site, "", hasKey ? field : Self.retry)
    #expect(late.body == bodies[0].body)
    #expect(site.stub.plans.count == 1)
    #expect(try await charges(site) == 1)
    // Without a key and without a count it is a new request, though equal.
    #expect(try await ask(site).status == 200)
    #expect(site.stub.plans.count == 2)
  }

  private func joined(_ site: TestSite) async throws -> Int {
    let (_, body) = try await InProcessClient(site.service.metricsHandler).send(.get, "/metrics")
    let prefix = #"iris_admissions_total{decision="joined"} "#
    let line = String(decoding: body, as: UTF8.self).split(separator: "\n").first {
      $0.hasPrefix(prefix)
    }
    return line.flatMap { Int($0.dropFirst(prefix.count)) } ?? 0
  }

  @Test(arguments: ["", #""stream":true"#])
  func `a client that leaves does not end the render for those who joined`(
    members: String
  ) async throws {
    let site = try TestSite(stub: StubRendering(isHeld: true))
    let first = Task { try await ask(site, members, Self.key) }
    #expect(try await eventually { site.stub.plans.count == 1 })
    let second = Task { try await ask(site, members, Self.key) }
    #expect(try await eventually { try await joined(site) == 1 })
    first.cancel()
    _ = try? await first.value
    site.stub.release()
    let answer = try await second.value
    #expect(answer.status == 200)
    #expect(answer.text.contains("b64_json"))
    #expect(site.stub.plans.count == 1 && site.stub.stoppedCount == 0)
    #expect(try await charges(site) == 1)
  }

  @Test func `when all have left the render ends, and a retry is rendered and charged once`()
    async throws
  {
    let site = try TestSite(stub: StubRendering(stepSeconds: 0.05))
    for _ in 1...5 {
      let count = site.stub.plans.count
      let first = Task { try await ask(site, #""num_steps":50"#, Self.key) }
      #expect(try await eventually { site.stub.plans.count > count })
      first.cancel()
      // At once: the first may still be ending.
      let again = Task { try await ask(site, #""num_steps":50"#, Self.key) }
      #expect(try await eventually { site.stub.plans.count > count + 1 })
      again.cancel()
    }
    let last = try await ask(site, #""num_steps":50"#, Self.key)
    #expect(last.status == 200, "\(last.text)")
    #expect(try await charges(site) == 1)
    #expect(try await site.store.check() == [])
  }

  @Test func `in progress on another node it is a conflict with a time to return`() async throws {
    let site = try TestSite(stub: StubRendering(isHeld: true))
    let other = try TestSite(node: "two", beside: site)
    let first = Task { try await ask(site, "", Self.key) }
    #expect(try await eventually { site.stub.plans.count == 1 })
    let refused = try await ask(other, "", token: site.token, Self.key)
    #expect(refused.status == 409 && refused.errorCode == "request_in_progress")
    #expect(refused.response.headers["retry-after"] == "1")
    site.stub.release()
    let answer = try await first.value
    #expect(try await ask(other, "", token: site.token, Self.key).body == answer.body)
  }

  @Test func `fifty equal requests at once are one render, one charge and the same bytes`()
    async throws
  {
    let site = try TestSite(stub: StubRendering(stepSeconds: 0.02))
    let other = try TestSite(node: "two", beside: site)
    func answer(_ site: TestSite, _ token: String) async throws -> TestAnswer {
      while true {
        let answer = try await ask(site, "", token: token, Self.key)
        if answer.status != 409 { return answer }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
    let bodies = try await withThrowingTaskGroup(of: TestAnswer.self) { group in
      for number in 0..<50 {
        group.addTask { try await answer(number % 2 == 0 ? site : other, site.token) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(bodies.allSatisfy { $0.status == 200 })
    #expect(Set(bodies.map(\.body)).count == 1)
    #expect(site.stub.plans.count + other.stub.plans.count == 1)
    #expect(try await charges(site) == 1)
    let restarted = try TestSite(beside: site)
    #expect(try await ask(restarted, "", token: site.token, Self.key).body == bodies[0].body)
    #expect(restarted.stub.plans.isEmpty)
    #expect(try await site.store.check() == [])
  }
}
