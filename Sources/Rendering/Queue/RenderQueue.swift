/// A bounded queue of jobs that is fair between owners.
///
/// A pure state machine; threads, clocks and rendering are outside. Each owner's jobs run in the order
/// they came. Between owners the next job belongs to the one that has been given the least work so far,
/// and an owner that returns starts level with the others, so that nobody saves up a claim by waiting
/// (start-time fair queueing: Goyal, Vin & Cheng, *IEEE/ACM Transactions on Networking* 5(5), 1997).
///
/// Nor can one owner fill the queue: beyond its capacity there is a place for each owner without a waiting
/// job.
public struct RenderQueue: Sendable {
  /// Names a job.
  public typealias JobID = UInt64

  /// A job that waits or runs.
  struct Job: Sendable, Equatable {
    let id: JobID
    let owner: String
    let cost: Double
    /// The time of its start, on the caller's clock.
    var startedAt = 0.0
  }

  /// The result of handing in a job.
  public enum Submission: Sendable, Equatable {
    /// It waits; `waitSeconds` is the estimate until it starts.
    case queued(position: Int, waitSeconds: Double)
    /// The queue is full; the job would have waited for so many seconds.
    case refused(retryAfterSeconds: Double)
  }

  /// Jobs that may wait at once; as many again may if nothing else of their owners waits.
  public let capacity: Int
  /// Jobs that may run at once.
  public let slots: Int
  /// Seconds that one unit of cost takes: a moving average of finished jobs, or the initial estimate until
  /// one has finished.
  public private(set) var secondsPerCost: Double
  private var isMeasured = false

  private var waiting: [Job] = []
  private var running: [Job] = []
  /// Work given to each owner that has jobs here.
  private var served: [String: Double] = [:]
  /// The level at which an owner that returns starts.
  private var level = 0.0

  /// Weight of the newest measurement in the moving average.
  private static let smoothing = 0.2

  /// An empty queue.
  public init(capacity: Int, slots: Int, secondsPerCost: Double = 1) {
    self.capacity = capacity
    self.slots = max(slots, 1)
    self.secondsPerCost = secondsPerCost
  }

  /// Jobs that wait.
  public var waitingCount: Int { waiting.count }
  /// Jobs that run.
  public var runningCount: Int { running.count }

  /// Hands in a job.
  /// - Parameters:
  ///   - id: Not in the queue yet.
  ///   - owner: The owner of the job.
  ///   - cost: Its size relative to other jobs, such as tokens times steps.
  ///   - now: Seconds on the clock of `startNext`.
  public mutating func submit(
    _ id: JobID, owner: String, cost: Double, at now: Double = 0
  ) -> Submission {
    if let seconds = refusal(ofNewJobOf: owner, at: now) {
      return .refused(retryAfterSeconds: seconds)
    }
    append(Job(id: id, owner: owner, cost: max(cost, 0)))
    let forecast = forecast(at: now)
    let index = forecast.firstIndex { $0.id == id } ?? 0
    return .queued(position: index + 1, waitSeconds: forecast[index].waitSeconds)
  }

  /// The seconds after which an owner should come back who hands in a job now; nil if there is room.
  public func refusal(ofNewJobOf owner: String, at now: Double = 0) -> Double? {
    hasRoom(for: owner) ? nil : max(waitSeconds(forNewJobOf: owner, at: now), 1)
  }

  private mutating func append(_ job: Job) {
    served[job.owner] = max(served[job.owner] ?? level, level)
    waiting.append(job)
  }

  private func hasRoom(for owner: String) -> Bool {
    if waiting.count < capacity || running.count < slots { return true }
    return waiting.count < 2 * capacity && !waiting.contains { $0.owner == owner }
  }

  /// Takes the next job if a slot is free.
  /// - Parameter now: Seconds on any clock.
  public mutating func startNext(at now: Double = 0) -> JobID? {
    guard running.count < slots, let index = nextIndex(in: waiting, served: served) else {
      return nil
    }
    var job = waiting.remove(at: index)
    job.startedAt = now
    level = served[job.owner] ?? level
    served[job.owner] = level + job.cost
    running.append(job)
    return job.id
  }

  /// Frees the slot of a job.
  /// - Parameter seconds: The time that it ran, if it ran to its end.
  public mutating func finish(_ id: JobID, seconds: Double?) {
    guard let index = running.firstIndex(where: { $0.id == id }) else { return }
    let job = running.remove(at: index)
    if let seconds, job.cost > 0 {
      let weight = isMeasured ? Self.smoothing : 1
      secondsPerCost += weight * (seconds / job.cost - secondsPerCost)
      isMeasured = true
    }
    forget(job.owner)
  }

  /// Removes a waiting job from the queue.
  /// - Returns: False if it does not wait.
  public mutating func withdraw(_ id: JobID) -> Bool {
    guard let index = waiting.firstIndex(where: { $0.id == id }) else { return false }
    forget(waiting.remove(at: index).owner)
    return true
  }

  /// Estimated seconds until a waiting job starts.
  /// - Parameters:
  ///   - id: The job.
  ///   - now: Seconds on the clock of `startNext`.
  public func waitSeconds(of id: JobID, at now: Double = 0) -> Double? {
    forecast(at: now).first { $0.id == id }?.waitSeconds
  }

  /// The waiting jobs in the order of starting, with the estimated seconds until each does.
  /// - Parameter now: Seconds on the clock of `startNext`.
  public func forecast(at now: Double = 0) -> [(id: JobID, waitSeconds: Double)] {
    var cost = 0.0
    let (pace, underway) = load(at: now)
    return order().enumerated().map { index, job in
      defer { cost += job.cost }
      let startsAtOnce = running.count + index < slots
      return (job.id, startsAtOnce ? 0 : (underway + cost * pace) / Double(slots))
    }
  }

  /// Estimated seconds until a job would start that an owner hands in now.
  public func waitSeconds(forNewJobOf owner: String, at now: Double = 0) -> Double {
    var queue = self
    queue.append(Job(id: .max, owner: owner, cost: 0))
    return queue.waitSeconds(of: .max, at: now) ?? 0
  }

  /// Estimated seconds until nothing waits or runs any more.
  public func secondsUntilEmpty(at now: Double = 0) -> Double {
    let (pace, underway) = load(at: now)
    return (underway + waiting.reduce(0) { $0 + $1.cost } * pace) / Double(slots)
  }

  /// Estimated seconds that one unit of cost takes, and those that the running jobs take yet.
  private func load(at now: Double) -> (pace: Double, underway: Double) {
    // A job that runs longer than estimated shows that all of them do: the initial estimate is a guess.
    let pace = running.reduce(secondsPerCost) { pace, job in
      job.cost > 0 ? max(pace, (now - job.startedAt) / job.cost) : pace
    }
    let underway = running.reduce(0) { $0 + max($1.cost * pace - (now - $1.startedAt), 0) }
    return (pace, underway)
  }

  /// An owner without jobs is forgotten: it would start level with the others anyway.
  private mutating func forget(_ owner: String) {
    guard !(waiting + running).contains(where: { $0.owner == owner }) else { return }
    served[owner] = nil
  }

  /// The waiting jobs in the order in which they would start if no other came.
  private func order() -> [Job] {
    var (waiting, served, order) = (waiting, served, [Job]())
    while let index = nextIndex(in: waiting, served: served) {
      let job = waiting.remove(at: index)
      served[job.owner, default: level] += job.cost
      order.append(job)
    }
    return order
  }

  /// The oldest job of the owner that was served least; of equal ones, the one that came first.
  private func nextIndex(in waiting: [Job], served: [String: Double]) -> Int? {
    var best: (index: Int, served: Double)?
    for (index, job) in waiting.enumerated() {
      let work = served[job.owner] ?? level
      if work < best?.served ?? .infinity { best = (index, work) }
    }
    return best?.index
  }
}
