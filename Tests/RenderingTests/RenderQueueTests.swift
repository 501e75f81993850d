import Rendering
import Testing

@Suite struct RenderQueueTests {
  /// Starts and finishes everything, and returns the order in which jobs ran.
  private func drained(_ queue: RenderQueue) -> [UInt64] {
    var (queue, order) = (queue, [UInt64]())
    while let id = queue.startNext() {
      order.append(id)
      queue.finish(id, seconds: nil)
    }
    return order
  }

  @Test func `one owner's jobs run in the order they came`() {
    var queue = RenderQueue(capacity: 10, slots: 1)
    for id in 0..<5 as Range<UInt64> { _ = queue.submit(id, owner: "a", cost: 1) }
    #expect(drained(queue) == [0, 1, 2, 3, 4])
  }

  @Test func `an owner with many jobs does not hold up one with few`() {
    var queue = RenderQueue(capacity: 10, slots: 1)
    for id in 0..<4 as Range<UInt64> { _ = queue.submit(id, owner: "many", cost: 1) }
    for id in 10..<12 as Range<UInt64> { _ = queue.submit(id, owner: "few", cost: 1) }
    #expect(drained(queue) == [0, 10, 1, 11, 2, 3])
  }

  @Test func `fairness counts work, not jobs`() {
    var queue = RenderQueue(capacity: 10, slots: 1)
    for id in 0..<3 as Range<UInt64> { _ = queue.submit(id, owner: "large", cost: 4) }
    for id in 10..<16 as Range<UInt64> { _ = queue.submit(id, owner: "small", cost: 1) }
    #expect(drained(queue) == [0, 10, 11, 12, 13, 1, 14, 15, 2])
  }

  @Test func `an owner that returns starts level with the others`() {
    var queue = RenderQueue(capacity: 20, slots: 1)
    _ = queue.submit(0, owner: "late", cost: 1)
    queue.finish(queue.startNext() ?? 99, seconds: 1)
    for id in 1..<7 as Range<UInt64> { _ = queue.submit(id, owner: "busy", cost: 1) }
    for id in 1..<4 as Range<UInt64> {
      let started = queue.startNext()
      #expect(started == id)
      queue.finish(id, seconds: 1)
    }
    for id in 10..<13 as Range<UInt64> { _ = queue.submit(id, owner: "late", cost: 1) }
    // Level with "busy" from here on; of two that are level the earlier job goes first.
    #expect(drained(queue) == [10, 4, 11, 5, 12, 6])
  }

  @Test func `a full queue refuses and says how long the job would have waited`() {
    var queue = RenderQueue(capacity: 2, slots: 1, secondsPerCost: 3)
    _ = queue.submit(0, owner: "a", cost: 8)
    let first = queue.startNext(at: 100)
    #expect(first == 0)
    _ = queue.submit(1, owner: "a", cost: 8)
    _ = queue.submit(2, owner: "a", cost: 4)
    let second = queue.submit(3, owner: "a", cost: 8, at: 106)
    #expect(second == .refused(retryAfterSeconds: 24 - 6 + 24 + 12))
    let withdrawn = queue.withdraw(1)
    #expect(withdrawn)
    let third = queue.submit(3, owner: "a", cost: 8, at: 106)
    #expect(third == .queued(position: 2, waitSeconds: 24 - 6 + 12))
  }

  @Test func `an owner who fills the queue leaves room for each of whom nothing waits`() {
    var queue = RenderQueue(capacity: 2, slots: 1)
    func isAccepted(_ id: UInt64, _ owner: String) -> Bool {
      if case .queued = queue.submit(id, owner: owner, cost: 1) { true } else { false }
    }
    var accepted: [UInt64] = []
    for id in 0..<6 as Range<UInt64> {
      if isAccepted(id, "greedy") { accepted.append(id) }
      if id == 0 { _ = queue.startNext() }
    }
    #expect(accepted == [0, 1, 2])
    #expect(isAccepted(10, "b"))
    #expect(!isAccepted(11, "b"), "one place each")
    #expect(isAccepted(12, "c"))
    #expect(!isAccepted(13, "d"), "twice as many wait as may of one owner")
    #expect(!isAccepted(14, "greedy"))
    queue.finish(0, seconds: 1)
    #expect(drained(queue) == [10, 12, 1, 2])
  }

  @Test func `where nothing may wait, nothing does`() {
    var queue = RenderQueue(capacity: 0, slots: 1)
    _ = queue.submit(0, owner: "a", cost: 1)
    _ = queue.startNext()
    let other = queue.submit(1, owner: "b", cost: 1)
    #expect(other == .refused(retryAfterSeconds: 1))
  }

  @Test
  func `before anything has finished, a job that runs for long tells how long the others take`() {
    var queue = RenderQueue(capacity: 1, slots: 1, secondsPerCost: 1)
    _ = queue.submit(0, owner: "a", cost: 2)
    _ = queue.startNext(at: 0)
    _ = queue.submit(1, owner: "a", cost: 1)
    let early = queue.submit(2, owner: "a", cost: 1, at: 0.5)
    #expect(early == .refused(retryAfterSeconds: 2.5))
    let late = queue.submit(3, owner: "a", cost: 1, at: 40)
    #expect(late == .refused(retryAfterSeconds: 20))
    queue.finish(0, seconds: 50)
    #expect(queue.secondsPerCost == 25, "the first measurement replaces what was expected")
  }

  @Test func `it is empty after what runs and what waits`() {
    var queue = RenderQueue(capacity: 4, slots: 2, secondsPerCost: 2)
    #expect(queue.secondsUntilEmpty() == 0)
    for id in 0..<4 as Range<UInt64> { _ = queue.submit(id, owner: "a", cost: 3) }
    _ = queue.startNext(at: 0)
    _ = queue.startNext(at: 1)
    #expect(queue.secondsUntilEmpty(at: 2) == 10.5)
  }

  @Test func `position and wait follow from the jobs ahead`() {
    var queue = RenderQueue(capacity: 10, slots: 1, secondsPerCost: 2)
    let fourth = queue.submit(0, owner: "a", cost: 4)
    #expect(fourth == .queued(position: 1, waitSeconds: 0))
    let fifth = queue.startNext()
    #expect(fifth == 0)
    let sixth = queue.submit(1, owner: "a", cost: 4)
    #expect(sixth == .queued(position: 1, waitSeconds: 8))
    let seventh = queue.submit(2, owner: "a", cost: 4, at: 3)
    #expect(seventh == .queued(position: 2, waitSeconds: 13))
    let eighth = queue.submit(3, owner: "b", cost: 1, at: 3)
    #expect(eighth == .queued(position: 1, waitSeconds: 5))
    let forecast = queue.forecast(at: 3)
    #expect(forecast.count == queue.waitingCount && forecast[2].id == 2)
    #expect(forecast.map(\.waitSeconds) == [5, 7, 15])
  }

  @Test func `finished jobs teach how long a unit of cost takes`() {
    var queue = RenderQueue(capacity: 4, slots: 1, secondsPerCost: 100)
    for id in 0..<60 as Range<UInt64> {
      _ = queue.submit(id, owner: "a", cost: 2)
      _ = queue.startNext()
      queue.finish(id, seconds: 1)
    }
    #expect(abs(queue.secondsPerCost - 0.5) < 0.01)
  }

  @Test func `no more jobs run than there are slots`() {
    var queue = RenderQueue(capacity: 4, slots: 2)
    for id in 0..<3 as Range<UInt64> { _ = queue.submit(id, owner: "\(id)", cost: 1) }
    let ninth = queue.startNext()
    #expect(ninth == 0)
    let tenth = queue.startNext()
    #expect(tenth == 1)
    let eleventh = queue.startNext()
    #expect(eleventh == nil)
    queue.finish(0, seconds: nil)
    let twelfth = queue.startNext()
    #expect(twelfth == 2)
    let late = queue.withdraw(2)
    #expect(!late)
  }
}
