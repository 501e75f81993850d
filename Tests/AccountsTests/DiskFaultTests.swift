import Accounts
import Foundation
import Synchronization
import TestSupport
import Testing

/// A disk of which one call fails: full, or with an error of reading, writing, truncating or fsync.
@Suite(.timeLimit(.minutes(5))) struct DiskFaultTests {
  /// Has the N-th call fail.
  private final class Fault: Sendable {
    private let state = Mutex((count: 0, failing: 0, errors: [Int32]()))

    /// The errors that calls failed with.
    var errors: [Int32] { state.withLock { $0.errors } }

    func fail(at number: Int) { state.withLock { ($0.count, $0.failing) = (0, number) } }

    func isFailing(_ error: Int32) -> Bool {
      state.withLock { state in
        state.count += 1
        guard state.count == state.failing else { return false }
        state.errors.append(error)
        return true
      }
    }
  }

  private let site: StoreSite

  init() throws { site = try StoreSite(.sqlite) }

  @Test func `every call of the disk failing once costs nobody anything, and the store recovers`()
    async throws
  {
    await #expect(processExitsWith: .success) { [directory = site.directory as String] in
      WrappedFileSystem.shared.install()
      try await DiskFaultTests.run(in: directory)
    }
  }

  private static func run(in directory: String) async throws {
    let fault = Fault()
    WrappedFileSystem.shared.setFault { fault.isFailing($0) }
    let site = try StoreSite(of: directory)
    let node = try await TestNode(site) {
      ($0.requestsPerMinute, $0.concurrentRequests) = (100_000, 1000)
    }
    var served = 0
    var number = 1
    while true {
      fault.fail(at: number)
      let before = fault.errors.count
      let name = AdmissionRequest.Retry.idempotencyKey("k\(number)")
      if let reservation = try? await node.admit(name).reservation,
        (try? await node.store.settle(reservation, answer: StoredAnswer(of: reservation))) == true
      {
        served += 1
      }
      fault.fail(at: 0)
      guard fault.errors.count > before else { break }
      try site.advance(seconds: Reservation.leaseSeconds)
      // A retry finds the answer, or is a new request.
      let retry = try await node.admit(name)
      if let reservation = retry.reservation {
        try #require(
          try await node.store.settle(reservation, answer: StoredAnswer(of: reservation)))
      } else {
        try #require(retry.replay != nil, "\(retry)")
      }
      try #require(try await node.charges().count == number)
      number += 1
    }
    try #require(fault.errors.count > 20 && served > 0)
    try #require(Set(fault.errors).count >= 2, "\(Set(fault.errors))")
    try site.advance(seconds: Reservation.leaseSeconds)
    try await node.store.reclaim()
    try #require(try await node.store.check() == [])
  }
}
