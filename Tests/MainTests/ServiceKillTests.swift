import Accounts
import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// A service under load that is killed at random moments, and started again on what it left.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ServiceKillTests {
  /// Twenty, or as many as `IRIS_KILL_ROUNDS` says.
  private static let rounds =
    ProcessInfo.processInfo.environment["IRIS_KILL_ROUNDS"].flatMap { Int($0) } ?? 20
  private static let clients = 4

  /// Answers that clients have got, by their idempotency keys.
  private actor Answers {
    private(set) var bodies: [String: String] = [:]
    private(set) var differing = 0

    func add(_ body: String, of key: String) {
      if let earlier = bodies[key], earlier != body { differing += 1 }
      bodies[key] = body
    }
  }

  @Test func `no kill loses an answer, charges twice or without an image, or leaves a reservation`()
    async throws
  {
    let program = try IrisProgram()
    let answers = Answers()
    var token = ""
    var generator = SeededGenerator(seed: 17)
    var sent = 0
    for round in 1...Self.rounds {
      let service = try start(program)
      if round == 1 { token = try service.firstToken() }
      // The new process has ended what the last one left.
      try await expectSound(program, round, answers)
      try await expectKept(answers, service, token, round)
      let load = (0..<Self.clients).map { client in
        let first = sent + client * 1000
        return Task { [token] in await ask(service, token, from: first, answers) }
      }
      sent += Self.clients * 1000
      if round % 2 == 0 {
        let before = await answers.bodies.count
        let isServed = try await eventually { await answers.bodies.count > before }
        #expect(isServed, "round \(round): nothing is answered")
      }
      try await Task.sleep(for: .milliseconds(Int.random(in: 20...600, using: &generator)))
      service.signal(SIGKILL)
      service.process.waitUntilExit()
      // All that had arrived by then has been read; a connection to nobody would wait for a minute.
      try await Task.sleep(for: .milliseconds(100))
      for task in load { task.cancel() }
      for task in load { await task.value }
    }
    let service = try start(program)
    defer { service.process.terminate() }
    try await expectSound(program, Self.rounds, answers)
    try await expectKept(answers, service, token, Self.rounds)
    #expect(await answers.differing == 0)
    #expect(await answers.bodies.count >= Self.rounds / 2, "hardly anything was answered")
  }

  private func start(_ program: IrisProgram) throws -> RunningService {
    try RunningService(
      program, "--node", "killed", "--price", "0.001", "--default-rpm", "1000000", "--queue", "64")
  }

  /// Asks for one image after another, until the service is gone.
  private func ask(
    _ service: RunningService, _ token: String, from first: Int, _ answers: Answers
  ) async {
    for number in first..<first + 1000 {
      let key = "order-\(number)"
      guard let answer = try? await render(service, token, key), answer.status == 200 else {
        return
      }
      await answers.add(answer.body, of: key)
    }
  }

  private func render(
    _ service: RunningService, _ token: String, _ key: String
  ) async throws -> (status: Int, body: String) {
    try await service.render(
      #","num_steps":1,"user":"\#(key)""#, token: token, headers: ["idempotency-key": key])
  }

  /// Acknowledged answers are given again, without another charge.
  private func expectKept(
    _ answers: Answers, _ service: RunningService, _ token: String, _ round: Int
  ) async throws {
    let known = await answers.bodies
    for key in known.keys.sorted().suffix(3) {
      let again = try await render(service, token, key)
      #expect(again.status == 200 && again.body == known[key], "round \(round): \(key)")
    }
  }

  /// Judges the tables of a store in which nothing is in progress.
  private func expectSound(
    _ program: IrisProgram, _ round: Int, _ answers: Answers
  ) async throws {
    let directory = program.directory.appending(path: "data").path
    let backend = try StoreBackend.sqlite(directory: directory)
    let store = Store(backend)
    let isQuiet = try await eventually {
      try await store.accounts().allSatisfy { $0.reserved == .zero }
    }
    #expect(isQuiet, "round \(round) left a reservation")
    // A start gives back what was reserved under its name, and does not wait for leases.
    let expired = try backend.open().run("SELECT 1 FROM request WHERE outcome = 'lease_expired'")
    #expect(expired.isEmpty, "round \(round)")
    #expect(try await store.check() == [], "round \(round)")
    let charges = try await store.ledger(Self.all).filter { $0.kind == .charge }
    #expect(charges.allSatisfy { $0.amount == Money(microUnits: -1000) && $0.images == 1 })
    let usage = try await store.usage(UsageQuery())
    #expect(usage.map(\.images).reduce(0, +) == Int64(charges.count))
    #expect(usage.map(\.spent.microUnits).reduce(0, +) == Int64(charges.count) * 1000)

    // Each idempotency key leads to the last request under it: a second charge would have no key.
    let kept = try backend.open().run(
      "SELECT handle, request_id FROM replay p WHERE status = 200")
    let requests = try Set(kept.map { try $0.text(1) })
    #expect(requests == Set(charges.compactMap(\.request)), "round \(round)")
    let keys = try Set(kept.map { try $0.text(0).dropFirst("key:".count) })
    for key in await answers.bodies.keys {
      #expect(keys.contains(key[...]), "round \(round): \(key) was answered and is not charged")
    }
    let images = try FileManager.default.contentsOfDirectory(atPath: directory + "/results")
    #expect(requests.isSubset(of: images), "round \(round): a charge without an image")
  }

  private static let all: PageQuery = {
    var query = PageQuery()
    query.limit = 1_000_000
    return query
  }()
}
