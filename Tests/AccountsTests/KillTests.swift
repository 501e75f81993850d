import Accounts
import Foundation
import Glibc
import TestSupport
import Testing

/// A process that is killed at a random moment while it serves.
@Suite(.timeLimit(.minutes(5))) struct KillTests {
  private static let clientCount = 8

  private let site: StoreSite

  init() throws { site = try StoreSite(.sqlite) }

  @Test
  func `whatever moment a process is killed at, nothing acknowledged is lost or charged twice`()
    async throws
  {
    let store = try Store(directory: site.directory)
    var draft = KeyDraft(name: "kill")
    draft.limits.requestsPerMinute = 1_000_000
    draft.limits.requestsPerDay = 1_000_000
    draft.limits.concurrentRequests = 1000
    let account = try await store.createAccount(
      name: "kill", credit: Money(microUnits: 1_000_000_000), by: "test")
    draft.account = account.id
    let key = try await store.createKey(draft, by: "test").key
    var random = SeededGenerator(seed: 16)
    var acknowledged = 0
    for round in 0..<20 {
      let delay = UInt32(random.below(60_000))
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [
          directory = site.directory as String, id = key.id as String, delay = delay as UInt32,
          round = round as Int
        ] in
        try await KillTests.serve(directory, id, round: round, microseconds: delay)
      }
      _ = try await store.start(node: "node")
      #expect(try await store.check() == [])
      acknowledged = try await expectAcknowledged(store, rounds: round + 1)
    }
    #expect(acknowledged > 100, "the processes were killed before they served")
    #expect(try await store.account(account.id).reserved == .zero)
  }

  /// Expects a charge for each request that was told to be settled, none for those refunded, and few
  /// more: those that were settled and not yet told.
  /// - Returns: The number of those that were told.
  private func expectAcknowledged(_ store: Store, rounds: Int) async throws -> Int {
    var page = PageQuery()
    page.limit = 1_000_000
    let charged = try await store.ledger(page).compactMap(\.request)
    let lines = try String(contentsOfFile: site.directory + "/../told", encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    let settled = lines.filter { $0[0] == "settled" }.map { $0[1] }
    let refunded = lines.filter { $0[0] == "refunded" }.map { $0[1] }
    let isCharged = Dictionary(grouping: charged) { $0 }
    #expect(settled.allSatisfy { isCharged[$0]?.count == 1 })
    #expect(refunded.allSatisfy { isCharged[$0] == nil })
    #expect(isCharged.allSatisfy { $0.value.count == 1 })
    #expect(charged.count - settled.count <= Self.clientCount * rounds)
    return lines.count
  }

  /// Serves clients until the process is killed, and appends what they were told to a file.
  private static func serve(
    _ directory: String, _ id: String, round: Int, microseconds: UInt32
  ) async throws {
    let store = try Store(directory: directory)
    let node = try await store.start(node: "node")
    let key = try await store.key(id).key
    let told = unsafe open(directory + "/../told", O_WRONLY | O_APPEND | O_CREAT, 0o600)
    Thread.detachNewThread {
      usleep(microseconds)
      kill(getpid(), SIGKILL)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<clientCount {
        group.addTask {
          for number in 0... {
            let request = AdmissionRequest(
              id: "r\(round)-\(client)-\(number)", key: key, endpoint: "test",
              unitPrice: TestNode.price)
            guard let reservation = try await store.admit(request, on: node).reservation else {
              throw CancellationError()
            }
            let isSettled = number % 3 != 0
            if isSettled {
              guard try await store.settle(reservation) else { throw CancellationError() }
            } else {
              try await store.refund(reservation, reason: "failed")
            }
            let line = Array("\(isSettled ? "settled" : "refunded") \(request.id)\n".utf8)
            _ = unsafe write(told, line, line.count)
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
