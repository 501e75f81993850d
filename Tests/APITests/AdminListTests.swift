import API
import Accounts
import Foundation
import HTTP
import Rendering
import TestSupport
import Testing
import Text

/// The tables and the state of the service that operators look at.
@Suite(.timeLimit(.minutes(3))) struct AdminListTests {
  private func records(_ answer: TestAnswer) throws -> [[String: Any]] {
    let page = try answer.json
    return try #require(page["data"] as? [[String: Any]])
  }

  /// The lines of a table, each with its cells; no cell of these tests has a quoted comma.
  private func lines(_ answer: TestAnswer) -> [[String]] {
    answer.text.components(separatedBy: "\r\n").filter { !$0.isEmpty }
      .map { $0.components(separatedBy: ",") }
  }

  @Test func `the log of requests tells status, waits and price, and no prompt`() async throws {
    let site = try TestSite(stub: StubRendering(stepSeconds: 0.1)) {
      $0.renderDeadlineSeconds = 3
    }
    let admin = try AdminClient(site)
    #expect(try await site.generate(#""num_steps":1"#).status == 200)
    #expect(try await site.generate(#""num_steps":50"#).status == 504)
    let leaving = Task { try await site.generate(#""num_steps":50,"seed":3"#) }
    #expect(try await eventually { site.stub.plans.count == 3 })
    leaving.cancel()
    #expect(
      try await eventually { try await site.store.account(site.key.account).reserved == .zero })
    let answer = try await admin.get("/requests")
    #expect(!answer.text.contains("red fox"))
    let found = try records(answer)
    #expect(found.map { $0["status"] as? Int } == [nil, 504, 200])
    #expect(found.map { $0["outcome"] as? String } == ["cancelled", "backend_timeout", "ok"])
    #expect(found.map { $0["charged"] as? String } == ["0.00", "0.00", "0.005"])
    #expect(found.allSatisfy { $0["route"] as? String == TestSite.generations })
    for record in found {
      let waited = try #require(record["queue_seconds"] as? Double)
      #expect(waited < 10)
    }
    // Only a finished image has been rendered for a time that is known.
    #expect(found.map { $0["render_seconds"] != nil } == [false, false, true])
    let render = try #require(found[2]["render_seconds"] as? Double)
    let whole = try #require(found[2]["seconds"] as? Double)
    #expect((0.1...whole).contains(render))
    for (query, statuses) in [
      ("state=refunded", [nil, 504]), ("status=504", [504]), ("status=200&state=settled", [200]),
      ("status=418", []), ("until=2026-01-01", []),
      ("since=2026-01-01&until=9999-12-31", [nil, 504, 200]),
    ] {
      let some = try records(try await admin.get("/requests?\(query)"))
      #expect(some.map { $0["status"] as? Int } == statuses, "\(query)")
    }
    #expect(try await admin.get("/requests?status=99").errorParameter == "status")
  }

  @Test(arguments: [
    ("accounts", ["id", "name", "state", "credit", "reserved", "created"]),
    ("usage?by=day", ["period", "account", "key", "name", "mode", "requests", "images", "spent"]),
    (
      "ledger", ["sequence", "at", "account", "kind", "amount", "images", "note", "key", "request"]
    ),
  ])
  func `a table as CSV has the columns of its records`(path: String, header: [String]) async throws
  {
    let site = try TestSite()
    let admin = try AdminClient(site)
    #expect(try await site.generate().status == 200)
    let found = try records(try await admin.get("/" + path))
    let answer = try await admin.get("/\(path)\(path.contains("?") ? "&" : "?")format=csv")
    #expect(answer.response.headers["content-type"] == "text/csv; charset=utf-8")
    let name = path.prefix { $0 != "?" }
    let place = answer.response.headers["content-disposition"].map { "\($0)" }
    #expect(place == "attachment; filename=\"\(name).csv\"")
    let lines = lines(answer)
    #expect(lines.first == header)
    #expect(lines.count == found.count + 1 && found.count >= 1)
    for (record, line) in zip(found, lines.dropFirst()) {
      #expect(line.count == header.count)
      for (name, cell) in zip(header, line) {
        #expect((record[name].map { "\($0)" } ?? "") == cell, "\(name)")
      }
    }
  }

  @Test func `the ledger and the changes of a key and of a time`() async throws {
    let site = try TestSite()
    let admin = try AdminClient(site)
    #expect(try await site.generate().status == 200)
    for (path, count) in [
      ("/ledger", 2), ("/ledger?key=\(site.key.id)", 1), ("/ledger?until=2026-01-01", 0),
      ("/ledger?since=2026-01-01&until=9999-12-31", 2), ("/audit?until=2026-01-01", 0),
    ] {
      let answer = try await admin.get(path)
      #expect(try records(answer).count == count, "\(path)")
    }
    let changes = try await admin.get("/audit?until=9999-12-31")
    #expect(try !records(changes).isEmpty)
    #expect(try await admin.get("/ledger?key=key_nothing").status == 404)
    #expect(try await admin.get("/audit?until=tomorrow").errorParameter == "until")
  }

  @Test func `keys, requests and changes are tables, too`() async throws {
    let site = try TestSite()
    let admin = try AdminClient(site)
    #expect(try await site.generate().status == 200)
    _ = try await admin.post("/keys", #"{"name":"=cmd|' /C calc'!A0"}"#)
    let keys = try await admin.get("/keys?format=csv")
    #expect(lines(keys)[0].contains("limits_rpm") && lines(keys)[0].contains("last_used"))
    #expect(lines(keys).count == 3)
    #expect(keys.text.contains(",'=cmd|' /C calc'!A0,"))
    #expect(!keys.text.contains("esk_live_\(site.token.dropFirst(9))"))
    let requests = lines(try await admin.get("/requests?format=csv"))
    #expect(requests.count == 2)
    let status = try #require(requests[0].firstIndex(of: "status"))
    #expect(requests[1][status] == "200")
    let audit = try await admin.get("/audit?format=csv")
    #expect(audit.text.contains(#"key.create"#) && audit.text.contains("\"\"monthly_cap\"\":"))
  }

  @Test func `a table has every record, however many pages that are`() async throws {
    let site = try TestSite()
    let admin = try AdminClient(site)
    for _ in 0..<1203 {
      _ = try await site.store.credit(
        Money(microUnits: 1), to: site.key.account, note: "n", by: "test")
    }
    let table = lines(try await admin.get("/ledger?format=csv"))
    #expect(table.count == 1 + 1 + 1203)
    #expect(table.dropFirst().map { $0[0] } == (1...1204).map { "\($0)" })
    let refused = try await admin.get("/ledger?format=csv&limit=10")
    #expect(refused.status == 400 && refused.errorParameter == "limit")
    #expect(try await admin.get("/ledger?format=xml").errorParameter == "format")
    #expect(try await admin.get("/keys?format=csv&account=acct_nothing").status == 404)
  }

  @Test func `the state shows what is rendered and what waits, with the ids of the log`()
    async throws
  {
    let site = try TestSite(stub: StubRendering(isHeld: true))
    let admin = try AdminClient(site)
    let first = Task { try await site.generate(#""size":"64x128""#) }
    #expect(try await eventually { site.stub.plans.count == 1 })
    let second = Task { try await site.edit(#""image":"\#(EditRules.base64Image)""#) }
    #expect(try await eventually { site.renders.statistics.waiting == 1 })
    let state = try await admin.get("/status").json
    let renders = try #require(state["renders_in_progress"] as? [[String: Any]])
    #expect(renders.map { $0["phase"] as? String } == ["rendering", "waiting"])
    #expect(renders.map { $0["route"] as? String } == [TestSite.generations, TestSite.edits])
    #expect(renders[0]["size"] as? String == "64x128" && renders[0]["steps"] as? Int == 4)
    #expect(renders.allSatisfy { $0["key"] as? String == site.key.id })
    let open = try records(try await admin.get("/requests?state=reserved"))
    #expect(
      Set(open.compactMap { $0["id"] as? String })
        == Set(renders.compactMap { $0["id"] as? String }))
    site.stub.release()
    _ = try await (first.value, second.value)
    // They are over a moment after their answers.
    let isIdle = try await eventually {
      (try await admin.get("/status").json["renders_in_progress"] as? [Any])?.isEmpty == true
    }
    #expect(isIdle)
    let idle = try await admin.get("/status").json
    #expect((idle["metering"] as? [String: Any])?["charged"] as? String == "0.01")
  }

  @Test func `the state says which model and LoRAs are loaded, and why it is not ready`()
    async throws
  {
    let site = try TestSite()
    let admin = try AdminClient(site)
    let models = try #require(try await admin.get("/status").json["models"] as? [[String: Any]])
    let model = try #require(models.first)
    #expect(models.count == 1 && model["loras"] as? [String] == ["dark", "anime"])
    site.service.drain()
    let draining = try await admin.get("/status").json
    #expect(draining["ready"] as? Bool == false)
    #expect((draining["trouble"] as? String)?.isEmpty == false)
  }
}
