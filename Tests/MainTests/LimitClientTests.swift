import Accounts
import Foundation
import TestSupport
import Testing

/// Limits, credit and repetition, as the official openai package meets them: `Tests/SDK/openai_limits.py`.
@Suite(.enabled(if: ServiceClient.python.isInstalled, "\(ServiceClient.missing)"))
struct LimitClientTests {
  /// A check, the service that it wants, and the charges that it leaves.
  struct Case: Sendable, CustomTestStringConvertible {
    let check: String
    var options: [String] = []
    let charges: Int

    var testDescription: String { check + options.map { " " + $0 }.joined() }
  }

  private static let cases = [
    Case(check: "requests_a_minute", options: ["--default-rpm", "2"], charges: 2),
    Case(check: "requests_a_day", options: ["--default-rpd", "1"], charges: 1),
    Case(check: "requests_at_once", options: ["--default-concurrent", "1"], charges: 3),
    Case(check: "no_quota", options: ["--default-monthly-cap", "0"], charges: 0),
    Case(check: "no_quota", options: ["--price", "6"], charges: 0),
    Case(check: "an_idempotency_key", charges: 1),
    Case(check: "a_time_out_and_its_resubmission", charges: 1),
    Case(check: "a_suspended_account", charges: 0),
  ]

  @Test(arguments: cases)
  func `the openai package is told of limits, and pays for what it got`(test: Case) async throws {
    try await awaitRoomInDay()
    let program = try IrisProgram()
    let service = try RunningService(program, test.options)
    defer { service.process.terminate() }
    let token = try service.firstToken()
    let store = try Store(directory: program.directory.appending(path: "data").path)
    if test.check == "a_suspended_account" {
      _ = try await store.setSuspended(true, "acct_default", by: "test")
    }
    let outcome = try await ServiceClient.python.run(
      "openai_limits.py", [service.address, token, test.check])
    #expect(outcome.status == 0, "\(outcome.output)")
    let charges = try await store.ledger(PageQuery()).filter { $0.kind == .charge }
    #expect(charges.count == test.charges)
    #expect(
      try await eventually { try await store.account("acct_default").reserved == .zero })
    #expect(try await store.check() == [])
  }
}
