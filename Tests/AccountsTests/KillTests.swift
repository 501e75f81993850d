import Accounts
import Foundation
import Glibc
import TestSupport
import Testing

/// Processes that are killed at random moments while they serve: one on SQLite, three on PostgreSQL.
@Suite(.timeLimit(.minutes(5))) struct KillTests {
  private static let clientCount = 8

  @Test(arguments: StoreKind.tested)
  func `whatever moment a process is killed at, nothing acknowledged is lost or charged twice`(
    kind: StoreKind
  ) async throws {
    let site = try StoreSite(kind)
    let nodes = kind == .sqlite ? ["node"] : ["node-1", "node-2", "node-3"]
    let store = Store(try .deployment(at: site.address, directory: site.directory))
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
      await withTaskGroup(of: Void.self) { group in
        for node in nodes {
          let place = Place(
            url: site.url, directory: site.directory, node: node, key: key.id,
            delay: UInt32(random.below(60_000)))
          group.addTask { await Self.kill(place, round: round) }
        }
      }
      for node in nodes { _ = try await store.start(node: node) }
      #expect(try await store.check() == [])
      acknowledged = try await expectAcknowledged(
        store, told: site.directory + "/../told", most: Self.clientCount * nodes.count * (round + 1)
      )
    }
    #expect(acknowledged > 0, "the processes were killed before they served")
    // The server may have committed what a killed process sent last.
    let isRefunded = try await eventually {
      for node in nodes { _ = try await store.start(node: node) }
      return try await store.account(account.id).reserved == .zero
    }
    #expect(isRefunded)
  }

  /// The orders to a process.
  private struct Place: Codable {
    let url: String?
    let directory: String
    let node: String
    let key: String
    /// Microseconds from its first request, or in every other round from the first answer, to its end.
    let delay: UInt32
  }

  private static func kill(_ place: Place, round: Int) async {
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [place = place as Place, round = round as Int] in
      try await KillTests.serve(place, round: round)
    }
  }

  /// Expects a charge for each request that was told to be settled, none for those refunded, and few
  /// more: those that were settled and not yet told.
  /// - Returns: The number of those that were told.
  private func expectAcknowledged(_ store: Store, told: String, most: Int) async throws -> Int {
    var page = PageQuery()
    page.limit = 1_000_000
    let charged = try await store.ledger(page).compactMap(\.request)
    let lines = try String(contentsOfFile: told, encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    let settled = lines.filter { $0[0] == "settled" }.map { $0[1] }
    let refunded = lines.filter { $0[0] == "refunded" }.map { $0[1] }
    let isCharged = Dictionary(grouping: charged) { $0 }
    #expect(settled.allSatisfy { isCharged[$0]?.count == 1 })
    #expect(refunded.allSatisfy { isCharged[$0] == nil })
    #expect(isCharged.allSatisfy { $0.value.count == 1 })
    #expect(charged.count - settled.count <= most)
    return lines.count
  }

  private static func byteCount(of file: Int32) throws -> Int {
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { throw POSIXError(.EBADF) }
    return Int(status.st_size)
  }

  /// Serves clients until the process is killed, and appends what they were told to a file.
  private static func serve(_ place: Place, round: Int) async throws {
    let address = try place.url.map { (url) throws(AccountsError) in try PostgreSQLAddress(url) }
    let store = Store(try .deployment(at: address, directory: place.directory))
    let node = try await store.start(node: place.node)
    let key = try await store.key(place.key).key
    let told = unsafe open(place.directory + "/../told", O_WRONLY | O_APPEND | O_CREAT, 0o600)
    let before = try byteCount(of: told)
    Thread.detachNewThread {
      while round % 2 == 1, (try? byteCount(of: told)) == before { usleep(1000) }
      usleep(place.delay)
      Glibc.kill(getpid(), SIGKILL)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<clientCount {
        group.addTask {
          for number in 0... {
            let request = AdmissionRequest(
              id: "\(place.node)-\(round)-\(client)-\(number)", key: key, endpoint: "test",
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
