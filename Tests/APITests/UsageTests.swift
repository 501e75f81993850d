import API
import Accounts
import Foundation
import HTTP
import TestSupport
import Testing
import Text

/// What the owner of a key sees: section 8 of the HTTP contract.
@Suite struct UsageTests {
  private func usage(_ site: TestSite) async throws -> [String: Any] {
    let answer = try await site.get("/v1/usage", headers: site.headers())
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.response.headers["cache-control"] == "no-store")
    #expect(answer.response.headers["x-ratelimit-limit-requests"] != nil)
    return try answer.json
  }

  @Test func `limits and use are those by which requests are admitted`() async throws {
    try await awaitRoomInDay()
    var limits = KeyLimits.standard
    limits.requestsPerMinute = 3
    let site = try TestSite(limits: limits)
    let before = try await usage(site)
    #expect((before["days"] as? [Any])?.isEmpty == true)
    #expect((before["now"] as? [String: Any])?["credit"] as? String == "5.00")
    for _ in 0..<2 { #expect(try await site.generate().status == 200) }
    #expect(try await site.generate(#""seed":-5"#).status == 400)
    let after = try await usage(site)
    let now = try #require(after["now"] as? [String: Any])
    #expect(now["requests_in_minute"] as? Int == 2)
    #expect(now["requests_today"] as? Int == 2)
    #expect(now["in_progress"] as? Int == 0)
    #expect(now["month_spent"] as? String == "0.01")
    #expect(now["credit"] as? String == "4.99")
    let key = try #require(after["key"] as? [String: Any])
    #expect(key["id"] as? String == site.key.id && key["token"] == nil)
    #expect((key["limits"] as? [String: Any])?["rpm"] as? Int == 3)
    let days = try #require(after["days"] as? [[String: Any]])
    #expect(days.count == 1)
    #expect(days[0]["requests"] as? Int == 2 && days[0]["images"] as? Int == 2)
    #expect(days[0]["spent"] as? String == "0.01")
    // Looking is no request.
    #expect((try await usage(site)["now"] as? [String: Any])?["requests_in_minute"] as? Int == 2)
  }

  @Test func `a key sees its own use, and nobody else's`() async throws {
    let site = try TestSite()
    let other = try site.keys.create(name: "other", mode: .test, limits: .standard)
    #expect(try await site.generate().status == 200)
    let answer = try await site.get(
      "/v1/usage", headers: ["authorization": "Bearer \(other.token.text)"])
    #expect((try answer.json["days"] as? [Any])?.isEmpty == true)
    #expect((try answer.json["key"] as? [String: Any])?["mode"] as? String == "test")
    #expect(!answer.text.contains(site.key.id))
  }

  @Test func `without a key, and with one that may do nothing, it is refused`() async throws {
    let site = try TestSite()
    #expect(try await site.get("/v1/usage").status == 401)
    #expect(
      try await site.get("/v1/usage", headers: ["authorization": "Bearer x"]).status == 401)
    _ = try await site.store.setSuspended(true, site.key.account, by: "test")
    let suspended = try await site.get("/v1/usage", headers: site.headers())
    #expect(suspended.errorCode == "account_suspended")
    try site.keys.revoke(id: site.key.id)
    #expect(try await site.get("/v1/usage", headers: site.headers()).status == 401)
  }

  @Test func `a service without keys measures nothing`() async throws {
    let site = try TestSite()
    let open = Service(rendering: site.stub, renders: site.renders, keys: nil)
    let (response, _) = try await InProcessClient(open).send(.get, "/v1/usage")
    #expect(response.status == .notFound)
  }
}
