import Accounts
import Foundation
import Synchronization
import TestSupport
import Testing

/// Three services on one PostgreSQL database, killed at random moments while the database crashes, too.
@Suite(
  .serialized, .timeLimit(.minutes(60)),
  .enabled(if: PostgreSQLCluster.shared != nil, Comment(rawValue: PostgreSQLCluster.missing)))
struct SharedStoreKillTests {
  /// Six, or as many as `IRIS_KILL_ROUNDS` says; in every tenth of them, and in one at least, the database
  /// crashes.
  private static let rounds =
    ProcessInfo.processInfo.environment["IRIS_KILL_ROUNDS"].flatMap { Int($0) } ?? 6
  private static let clientCount = 6

  /// The clients' answers, by idempotency key.
  private final class Orders: Sendable {
    let answers = Mutex<[String: String]>([:])
    let differing = Atomic(0)
    let isOver = Atomic(false)

    var count: Int { answers.withLock { $0.count } }

    func add(_ body: String, of key: String) {
      let earlier = answers.withLock { $0.updateValue(body, forKey: key) }
      if let earlier, earlier != body { differing.add(1, ordering: .relaxed) }
    }
  }

  /// A client that asks for one image after another, for each until it has it, whichever node answers.
  private struct Client: Sendable {
    let token: String
    let orders: Orders

    /// - Parameter first: The number of the first image.
    /// - Returns: The number of the first that it has not got.
    func ask(_ ports: [UInt16], as client: Int, from first: Int) async -> Int {
      var (number, attempt) = (first, client)
      while !orders.isOver.load(ordering: .relaxed) {
        let key = "order-\(client)-\(number)"
        attempt += 1
        let reply = await send(key, to: ports[attempt % ports.count])
        if let reply, reply.status == 200 {
          orders.add(reply.body, of: key)
          number += 1
        } else {
          try? await Task.sleep(for: .milliseconds(20))
        }
      }
      return number
    }

    func send(_ key: String, to port: UInt16) async -> SocketClient.Reply? {
      let body =
        #"{"model":"epithre-iris","prompt":"a red fox","size":"64x64","num_steps":1,"user":"\#(key)"}"#
      let head =
        "POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer \(token)\r\n"
        + "content-type: application/json\r\nidempotency-key: \(key)\r\n"
        + "content-length: \(body.utf8.count)\r\n\r\n"
      return await Blocking.run { SocketClient(port: port).exchange(Array((head + body).utf8)) }
    }
  }

  private let nodes: ServedNodes
  private let cluster: PostgreSQLCluster
  private let orders = Orders()
  private let client: Client

  init() async throws {
    cluster = try PostgreSQLCluster(isDurable: true)
    nodes = try await ServedNodes(3, on: cluster)
    client = Client(token: nodes.token, orders: orders)
  }

  @Test func `no kill of a node and no crash of the database loses or doubles anything`()
    async throws
  {
    var generator = SeededGenerator(seed: 23)
    var next = [Int](repeating: 0, count: Self.clientCount)
    var crashes = 0
    for round in 1...Self.rounds {
      for index in 0..<3 where nodes.services[index] == nil { try nodes.start(index, options) }
      orders.isOver.store(false, ordering: .relaxed)
      let ports = nodes.ports
      let load = next.enumerated().map { number, first in
        Task { [client] in await client.ask(ports, as: number, from: first) }
      }
      if round % 2 == 0 {
        let before = orders.count
        let isServed = try await eventually { orders.count > before }
        #expect(isServed, "round \(round): nothing is answered")
      }
      try await Task.sleep(for: .milliseconds(Int.random(in: 50...700, using: &generator)))
      let isCrash = round % 10 == 3
      if isCrash { try await Blocking.run { [cluster] in Result { try cluster.crash() } }.get() }
      for victim in victims(of: round, using: &generator) { nodes.end(victim, by: SIGKILL) }
      if isCrash {
        try await Blocking.run { [cluster] in Result { try cluster.start() } }.get()
        crashes += 1
      }
      orders.isOver.store(true, ordering: .relaxed)
      for (number, task) in load.enumerated() { next[number] = await task.value }
      // In every third round those that were killed stay away, and others end what they left.
      if round % 3 != 0 {
        for index in 0..<3 where nodes.services[index] == nil { try nodes.start(index, options) }
      } else {
        try nodes.advance(seconds: Reservation.leaseSeconds)
      }
      try await expectSound(round)
    }
    let delivered = orders.count
    #expect(delivered == next.reduce(0, +) && delivered >= Self.rounds / 2)
    #expect(orders.differing.load(ordering: .relaxed) == 0)
    let charged = try await nodes.charges().count
    // What a client has not got yet may be charged: it gets that by asking again.
    #expect((delivered...delivered + Self.clientCount).contains(charged))
    print("\(Self.rounds) kills, \(crashes) crashes of the database: \(charged) charges")
  }

  private let options = ["--queue", "64"]

  /// One node or, in every fourth round, all; where nobody is started again, one is left.
  private func victims(of round: Int, using generator: inout SeededGenerator) -> [Int] {
    round % 4 == 0 && round % 3 != 0 ? [0, 1, 2] : [Int.random(in: 0..<3, using: &generator)]
  }

  /// Judges the tables once nothing is in progress.
  private func expectSound(_ round: Int) async throws {
    let isQuiet = try await eventually {
      try await nodes.store.accounts().allSatisfy { $0.reserved == .zero }
    }
    #expect(isQuiet, "round \(round) left a reservation")
    #expect(try await nodes.store.check() == [], "round \(round)")
    let charges = try await nodes.charges()
    #expect(
      charges.allSatisfy { $0.amount == .zero - ServedNodes.price && $0.images == 1 })
    let usage = try await nodes.store.usage(UsageQuery())
    #expect(usage.map(\.images).reduce(0, +) == Int64(charges.count))
    let spent = Int64(charges.count) * ServedNodes.price.microUnits
    #expect(usage.map(\.spent.microUnits).reduce(0, +) == spent)

    // Each idempotency key leads to the last request under it: a second charge would have no key.
    let database = try nodes.backend.open()
    let kept = try database.run("SELECT handle, request_id FROM replay WHERE status = 200")
    let requests = try Set(kept.map { try $0.text(1) })
    #expect(requests == Set(charges.compactMap(\.request)), "round \(round)")
    let images = try database.run("SELECT request_id FROM result_body").map { try $0.text(0) }
    #expect(requests.isSubset(of: images), "round \(round): a charge without an image")
    let keys = try Set(kept.map { try $0.text(0) })
    let answers = orders.answers.withLock { $0 }
    for key in answers.keys where !keys.contains("key:" + key) {
      Issue.record("round \(round): \(key) was answered and is not charged")
    }
    for key in answers.keys.sorted().suffix(3) {
      for port in nodes.ports {
        let again = await client.send(key, to: port)
        #expect(again?.status == 200 && again?.body == answers[key], "round \(round): \(key)")
      }
    }
  }
}
