import Foundation
import Rendering
import Synchronization
import TestSupport
import Testing

@Suite struct RenderServiceTests {
  @Test func `a job's result comes back from a thread of the service`() async throws {
    let service = RenderService(capacity: 4, slots: 1)
    let (value, stackSize) = try await service.run(owner: "a", cost: 1, deadline: .seconds(10)) {
      _ in (7, Thread.current.stackSize)
    }
    #expect(value == 7)
    #expect(stackSize == 8 << 20)
  }

  @Test func `what a job throws reaches its caller, and the next job runs`() async throws {
    struct Broken: Error {}
    let service = RenderService(capacity: 4, slots: 1)
    await #expect(throws: Broken.self) {
      try await service.run(owner: "a", cost: 1, deadline: .seconds(10)) { _ in throw Broken() }
    }
    #expect(
      try await service.run(owner: "a", cost: 1, deadline: .seconds(10)) { _ in 7 } == 7)
  }

  @Test func `a job that fails does not teach how long jobs take`() async throws {
    struct Broken: Error {}
    let service = RenderService(capacity: 4, slots: 1)
    for _ in 0..<3 {
      _ = try? await service.run(owner: "a", cost: 100, deadline: .seconds(10)) { _ in
        throw Broken()
      }
    }
    let running = Task {
      try await service.run(owner: "a", cost: 100, deadline: .seconds(10), endless)
    }
    try #require(try await eventually { service.statistics.running > 0 })
    #expect(service.waitSeconds(forNewJobOf: "b") > 90)
    #expect(service.secondsUntilEmpty > 90)
    running.cancel()
    _ = try? await running.value
    #expect(try await eventually { service.statistics.running == 0 })
    #expect(service.waitSeconds(forNewJobOf: "b") == 0)
  }

  /// A job that steps until it is told to stop.
  @Sendable private func endless(_ check: RenderService.StepCheck) throws -> Int {
    while true {
      try check()
      Thread.sleep(forTimeInterval: 0.001)
    }
  }

  @Test func `cancelling the task stops the job at its next step and frees the slot`() async throws
  {
    let service = RenderService(capacity: 4, slots: 1)
    for _ in 0..<20 {
      let (started, continuation) = AsyncStream.makeStream(of: Void.self)
      let task = Task {
        try await service.run(
          owner: "a", cost: 1, deadline: .seconds(60),
          status: { if case .started = $0 { continuation.yield() } }, endless)
      }
      for await _ in started { break }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    #expect(
      try await service.run(owner: "b", cost: 1, deadline: .seconds(10)) { _ in true })
    #expect(service.statistics.waiting == 0 && service.statistics.running == 0)
  }

  @Test func `the deadline stops a job that runs and one that waits`() async throws {
    let service = RenderService(capacity: 4, slots: 1)
    let tasks = [300, 100].map { milliseconds in
      Task {
        try await service.run(
          owner: "a", cost: 1, deadline: .milliseconds(milliseconds), endless)
      }
    }
    for task in tasks {
      await #expect(throws: RenderService.Refusal.deadlinePassed) { try await task.value }
    }
  }

  @Test func `a full queue refuses at once`() async throws {
    let service = RenderService(capacity: 1, slots: 1)
    let (standings, continuation) = AsyncStream.makeStream(of: RenderService.JobStatus.self)
    let tasks = (0..<2).map { _ in
      Task {
        try await service.run(
          owner: "a", cost: 1, deadline: .seconds(60), status: { continuation.yield($0) },
          endless)
      }
    }
    // Both are queued and one has started: the slot and the one waiting place are taken.
    var seen = 0
    for await _ in standings {
      seen += 1
      if seen == 3 { break }
    }
    let error = await #expect(throws: RenderService.Refusal.self) {
      try await service.run(owner: "a", cost: 1, deadline: .seconds(60)) { _ in }
    }
    guard case .busy(let seconds) = error else {
      Issue.record("expected busy, got \(String(describing: error))")
      return
    }
    #expect(seconds >= 1)
    for task in tasks {
      task.cancel()
      _ = try? await task.value
    }
  }

  /// What the jobs were told, in order.
  private final class Notices: Sendable {
    private let statuses = Mutex<[Int: [RenderService.JobStatus]]>([:])

    func add(_ status: RenderService.JobStatus, to number: Int) {
      statuses.withLock { $0[number, default: []].append(status) }
    }

    /// The places in the queue, 0 for a job that has started.
    func places(of number: Int) -> [Int] {
      statuses.withLock { $0[number] ?? [] }.map { status in
        if case .queued(let position, _) = status { position } else { 0 }
      }
    }
  }

  @Test func `a job that waits is told when it moves up`() async throws {
    let service = RenderService(capacity: 8, slots: 1)
    let notices = Notices()
    let begin = { (number: Int) in
      Task {
        try await service.run(
          owner: "a", cost: 1, deadline: .seconds(60),
          status: { notices.add($0, to: number) }, endless)
      }
    }
    var tasks: [Task<Int, any Error>] = []
    for number in 0..<3 {
      tasks.append(begin(number))
      try #require(
        try await eventually {
          service.statistics.waiting == number && service.statistics.running == 1
        })
    }
    tasks[0].cancel()
    try #require(try await eventually { notices.places(of: 1).last == 0 })
    #expect(try await eventually { notices.places(of: 2) == [2, 1] })
    #expect(notices.places(of: 1) == [1, 0])
    for task in tasks {
      task.cancel()
      _ = try? await task.value
    }
  }

  /// Counts how many jobs are inside at once.
  private final class Turnstile: Sendable {
    private let inside = Mutex(0)
    func enter() -> Int {
      inside.withLock { count in
        count += 1
        return count
      }
    }
    func leave() { inside.withLock { $0 -= 1 } }
  }

  @Test func `many jobs of many owners all finish, one at a time`() async throws {
    let service = RenderService(capacity: 300, slots: 1)
    let turnstile = Turnstile()
    let tasks = (0..<200).map { number in
      Task {
        try await service.run(owner: "\(number % 7)", cost: 1, deadline: .seconds(60)) { _ in
          defer { turnstile.leave() }
          return turnstile.enter()
        }
      }
    }
    for task in tasks { #expect(try await task.value == 1) }
  }
}
