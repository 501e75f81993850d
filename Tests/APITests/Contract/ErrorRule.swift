import API
import Accounts
import Foundation
import HTTP
import Rendering
import TestSupport
import Testing
import Text

/// A way to come to one of the codes of section 7 of the HTTP contract.
struct ErrorRule: Sendable, CustomTestStringConvertible {
  /// The state of the service.
  enum State: Sendable {
    case ready
    /// Renders fail inside.
    case failing
    /// Renders take longer than they may.
    case late
    /// As many renders wait as may.
    case full
    /// Images have no memory.
    case crowded
    case draining
    /// No keys are asked for.
    case open
    /// The key was revoked.
    case revoked
    /// The key may do no more than this.
    case limited(@Sendable (inout KeyLimits) -> Void)
    /// The account has less credit than an image costs.
    case poor
    /// The account was suspended.
    case suspended
    /// The store of keys was deleted.
    case storeDeleted
    /// A double throws this instead.
    case throwing(any Error & Sendable)
    /// A double words the code as the service would.
    case doubled
  }

  /// A code as the contract lists it.
  struct Entry: Sendable {
    let status: Int
    let type: String
  }

  let code: String
  let name: String
  var state = State.ready
  var request = ContractRequest.generation("")
  var parameter: String?
  /// The status where the contract has another than the catalogue's.
  var status: Int?

  var testDescription: String { "\(code): \(name)" }

  /// Brings the code about and judges the answer.
  func check() async throws {
    let answer = try await answer()
    let entry = try #require(ErrorRules.catalogue[code])
    let told = "\(answer.status) \(answer.text.prefix(300))"
    #expect(answer.status == status ?? entry.status, "\(told)")
    #expect(answer.errorCode == code, "\(told)")
    #expect(try answer.error["type"] as? String == entry.type)
    #expect(answer.errorParameter == parameter, "\(told)")
    try Self.checkForm(of: answer)
    let headers = answer.response.headers
    let isFinal = [
      "backend_timeout", "rpd_exceeded", "insufficient_quota", "account_suspended",
      "idempotency_mismatch",
    ].contains(code)
    #expect(headers["x-should-retry"] == (isFinal ? "false" : nil))
    // A day's limit is told as it is, and SDKs are told not to wait for it.
    if entry.status == 503 || entry.status == 429 && !isFinal {
      try Self.checkReturn(of: headers)
    }
    if entry.status == 405 { #expect(headers["allow"] == "POST") }
    if entry.status == 401 { #expect(headers["www-authenticate"] == "Bearer") }
    if entry.status >= 500 { #expect(!answer.text.contains("inside"), "\(told)") }
    if code == "internal_error", case .failing = state {
      #expect(answer.errorMessage?.contains("\(headers["x-request-id"] ?? "?")") == true)
    }
  }

  /// Judges what every refusal has.
  static func checkForm(of answer: TestAnswer) throws {
    #expect(try answer.json.keys.sorted() == ["error"])
    #expect(try answer.error.keys.sorted() == ["code", "message", "param", "type"])
    for name in ["code", "message", "type"] {
      #expect((try answer.error[name] as? String)?.isEmpty == false, "\(name)")
    }
    let headers = answer.response.headers
    #expect(headers["content-type"] == "application/json")
    #expect(headers["x-request-id"]?.starts(with: "req_".utf8) == true)
  }

  /// Judges the time to come back, which SDKs ignore beyond a minute.
  private static func checkReturn(of headers: Headers) throws {
    let seconds = try #require(headers["retry-after"]?.decimal)
    let milliseconds = try #require(headers["retry-after-ms"]?.decimal)
    #expect((1...60).contains(seconds))
    #expect((1...seconds * 1000).contains(milliseconds))
  }

  private func answer() async throws -> TestAnswer {
    switch state {
    case .doubled: return try await doubled(path: "/answer/\(code)/v1")
    case .throwing(let error): return try await doubled(path: "/v1", error)
    case .ready: return try await send(to: try TestSite())
    case .failing: return try await send(to: try TestSite(stub: StubRendering(fails: true)))
    case .late:
      return try await send(
        to: try TestSite(stub: StubRendering(stepSeconds: 0.2)) { $0.renderDeadlineSeconds = 0.3 })
    case .crowded: return try await sendToCrowdedSite()
    case .full: return try await sendToFullSite()
    case .draining:
      let site = try TestSite()
      site.service.drain()
      return try await send(to: site)
    case .open:
      let site = try TestSite()
      let open = Service(rendering: site.stub, renders: site.renders, keys: nil)
      let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: open)
      defer { server.stop() }
      return try await ContractSocket(server).send(request, token: "")
    case .revoked:
      let site = try TestSite()
      try site.keys.revoke(id: site.key.id)
      return try await send(to: site)
    case .limited(let change):
      var limits = KeyLimits.unbounded
      change(&limits)
      return try await send(to: try TestSite(limits: limits))
    case .poor:
      return try await send(to: try TestSite { $0.model.price = Money(microUnits: 6_000_000) })
    case .suspended:
      let site = try TestSite()
      _ = try await site.store.setSuspended(true, site.key.account, by: "test")
      return try await send(to: site)
    case .storeDeleted:
      let site = try TestSite()
      try FileManager.default.removeItem(atPath: site.directory + "/iris.sqlite")
      return try await send(to: site)
    }
  }

  private func send(to site: TestSite) async throws -> TestAnswer {
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: site.service)
    defer { server.stop() }
    return try await ContractSocket(server).send(request, token: site.token)
  }

  private func sendToFullSite() async throws -> TestAnswer {
    let site = try TestSite(stub: StubRendering(isHeld: true), capacity: 1)
    async let first = site.generate()
    #expect(try await eventually { site.stub.plans.count == 1 })
    async let second = site.generate()
    #expect(try await eventually { site.renders.statistics.waiting == 1 })
    let answer = try await send(to: site)
    site.stub.release()
    _ = try await (first, second)
    return answer
  }

  private func sendToCrowdedSite() async throws -> TestAnswer {
    // A render of the default size takes almost all of it.
    let site = try TestSite(stub: StubRendering(isHeld: true)) { $0.memoryBytes = 600_000 }
    async let first = site.generate()
    #expect(try await eventually { site.stub.plans.count == 1 })
    let answer = try await send(to: site)
    site.stub.release()
    _ = try await first
    return answer
  }

  private func doubled(
    path: String, _ error: (any Error & Sendable)? = nil
  ) async throws -> TestAnswer {
    let double = try CatalogueDouble(throwing: error)
    let server = try Server(at: .tcp(host: "127.0.0.1", port: 0), handler: double)
    defer { server.stop() }
    var request = request
    request.path = path
    return try await ContractSocket(server).send(request, token: "any")
  }
}
