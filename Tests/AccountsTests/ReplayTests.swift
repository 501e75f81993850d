import Accounts
import Foundation
import TestSupport
import Testing

@Suite struct ReplayTests {

  @Test(arguments: StoreKind.tested)
  func `an idempotency key replays the first answer for 24 hours, also after a restart`(
    kind: StoreKind
  )
    async throws
  {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    let reservation = try await node.reservation(.idempotencyKey("a"))
    let answer = StoredAnswer(of: reservation)
    #expect(try await node.store.settle(reservation, answer: answer))
    #expect(try await node.admit(.idempotencyKey("a")).replay == answer)
    try site.advance(seconds: 24 * 3600 - 1)
    let again = try await TestNode(beside: node, id: "node-1")
    #expect(try await again.admit(.idempotencyKey("a")).replay == answer)
    #expect(try await again.charges().count == 1)
    try site.advance(seconds: 1)
    _ = try await again.reservation(.idempotencyKey("a"))
  }

  @Test(arguments: StoreKind.tested) func `another body under an idempotency key is refused`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    let reservation = try await node.reservation(.idempotencyKey("a"))
    let other = try await node.admit(.idempotencyKey("a"), fingerprint: [2])
    #expect(other.refusal == Refusal(.idempotencyMismatch))
    #expect(try await node.store.settle(reservation, answer: StoredAnswer(of: reservation)))
    let later = try await node.admit(.idempotencyKey("a"), fingerprint: [2])
    #expect(later.refusal == Refusal(.idempotencyMismatch))
  }

  @Test(arguments: StoreKind.tested)
  func `what is in progress is joined on its node, and refused on another`(kind: StoreKind)
    async throws
  {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    let other = try await TestNode(beside: node, id: "node-2")
    let reservation = try await node.reservation(.idempotencyKey("a"))
    let here = try await node.admit(.idempotencyKey("a"))
    #expect(here == .joined(request: reservation.id, try #require(here.rateLimit)))
    let there = try await other.admit(.idempotencyKey("a"))
    #expect(there.refusal == Refusal(.inProgress, retryMilliseconds: 1000))
  }

  @Test(arguments: StoreKind.tested)
  func `the request of a node that vanished is taken over without a second charge`(kind: StoreKind)
    async throws
  {
    let site = try StoreSite(kind)
    let node = try await TestNode(site) { $0.concurrentRequests = 1 }
    let other = try await TestNode(beside: node, id: "node-2")
    let lost = try await node.reservation(.idempotencyKey("a"))
    try site.advance(seconds: Reservation.leaseSeconds)
    let taken = try await other.reservation(.idempotencyKey("a"))
    #expect(try await node.store.settle(lost, answer: StoredAnswer(of: lost)) == false)
    let answer = StoredAnswer(of: taken)
    #expect(try await other.store.settle(taken, answer: answer))
    #expect(try await node.admit(.idempotencyKey("a")).replay == answer)
    #expect(try await node.charges().map(\.request) == [taken.id])
    try await node.expectSound()
  }

  @Test(arguments: StoreKind.tested)
  func `a failure without an answer may be tried again, one with an answer is repeated`(
    kind: StoreKind
  )
    async throws
  {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    try await node.store.refund(
      try await node.reservation(.idempotencyKey("a")), reason: "timed_out")
    let second = try await node.reservation(.idempotencyKey("a"))
    let answer = StoredAnswer(
      request: second.id, status: 500, contentType: "application/json", body: [1, 2])
    try await node.store.refund(second, reason: "failed", answer: answer)
    #expect(try await node.admit(.idempotencyKey("a")).replay == answer)
    #expect(try await node.charges().isEmpty)
  }

  @Test(arguments: StoreKind.tested)
  func `an SDK's retry finds its request for 10 minutes, an equal request does not`(kind: StoreKind)
    async throws
  {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    let first = try await node.reservation(.fingerprint(isRetry: false))
    let joined = try await node.admit(.fingerprint(isRetry: true))
    #expect(joined == .joined(request: first.id, try #require(joined.rateLimit)))
    let answer = StoredAnswer(of: first)
    #expect(try await node.store.settle(first, answer: answer))
    try site.advance(seconds: 599)
    #expect(try await node.admit(.fingerprint(isRetry: true)).replay == answer)
    let equal = try await node.reservation(.fingerprint(isRetry: false))
    #expect(equal.id != first.id)
    _ = try await node.reservation(.fingerprint(isRetry: true), fingerprint: [2])
    try site.advance(seconds: 601)
    _ = try await node.reservation(.fingerprint(isRetry: true))
  }

  @Test(arguments: StoreKind.tested) func `a body that was damaged is not given`(kind: StoreKind)
    async throws
  {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    let reservation = try await node.reservation(.idempotencyKey("a"))
    #expect(try await node.store.settle(reservation, answer: StoredAnswer(of: reservation)))
    try site.damageBody(of: reservation.id)
    let error = await #expect(throws: AccountsError.self) {
      try await node.admit(.idempotencyKey("a"))
    }
    #expect(error?.code == .answerLost && error?.message.contains(reservation.id) == true)
  }

  @Test(arguments: ["", String(repeating: "a", count: 256), "a\0b"], StoreKind.tested)
  func `an idempotency key out of its bounds is refused`(
    key: String, kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let node = try await TestNode(site)
    let error = await #expect(throws: AccountsError.self) {
      try await node.admit(.idempotencyKey(key))
    }
    #expect(error?.code == .invalidValue)
  }
}
