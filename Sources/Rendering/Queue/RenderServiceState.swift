import Synchronization

/// The state that render threads and callers share under one lock.
struct RenderServiceState {
  /// A job with its two ends, of which exactly one is called.
  struct Job: Sendable {
    let handle: JobHandle
    /// Ends a job that never ran.
    let fail: @Sendable (any Error) -> Void
    /// Runs the job.
    let perform: @Sendable () -> Outcome
  }

  /// The end of a job.
  struct Outcome: Sendable {
    /// True if it gave a result: only then does its time tell how long jobs take.
    let isComplete: Bool
    /// Hands the result over.
    let deliver: @Sendable () -> Void
  }

  /// News for the owner of a job.
  struct Report: Sendable {
    let handle: JobHandle
    let status: RenderService.JobStatus
    let revision: Int

    /// Tells it, unless something newer was told before.
    func deliver() { handle.report(status, revision) }
  }

  var queue: RenderQueue
  private var jobs: [RenderQueue.JobID: Job] = [:]
  private var nextID: RenderQueue.JobID = 0
  /// The number of the latest change, by which handles tell news from what is outdated.
  private var revision = 0

  private let start = ContinuousClock.now

  init(queue: RenderQueue) {
    self.queue = queue
  }

  /// Seconds on the queue's clock.
  var now: Double { (ContinuousClock.now - start).seconds }

  mutating func submit(
    _ job: Job, owner: String, cost: Double
  ) -> Result<Report, any Error> {
    // A task can be cancelled before its job is queued, which then must not stay in the queue.
    if let error = job.handle.stopError { return .failure(error) }
    let id = nextID
    switch queue.submit(id, owner: owner, cost: cost, at: now) {
    case .refused(let seconds):
      return .failure(RenderService.Refusal.busy(retryAfterSeconds: seconds))
    case .queued(let position, let seconds):
      nextID += 1
      revision += 1
      jobs[id] = job
      let status = RenderService.JobStatus.queued(position: position, waitSeconds: seconds)
      return .success(Report(handle: job.handle, status: status, revision: revision))
    }
  }

  /// Takes the next job.
  /// - Returns: The job, and what it and those that move up are to be told.
  mutating func startNext() -> (id: RenderQueue.JobID, job: Job, reports: [Report])? {
    guard let id = queue.startNext(at: now), let job = jobs.removeValue(forKey: id) else {
      return nil
    }
    revision += 1
    let waited = (ContinuousClock.now - job.handle.created).seconds
    let start = Report(
      handle: job.handle, status: .started(waitedSeconds: waited), revision: revision)
    let places = queue.forecast(at: now).enumerated().compactMap { index, place in
      jobs[place.id].map { job in
        Report(
          handle: job.handle,
          status: .queued(position: index + 1, waitSeconds: place.waitSeconds), revision: revision)
      }
    }
    return (id, job, [start] + places)
  }

  /// Removes a waiting job from the queue; nil if it runs, has ended or was never queued.
  mutating func withdraw(_ handle: JobHandle) -> Job? {
    guard let id = jobs.first(where: { $0.value.handle === handle })?.key, queue.withdraw(id)
    else { return nil }
    return jobs.removeValue(forKey: id)
  }
}

/// A caller's hold on its job: reports the job's status and stops it.
final class JobHandle: Sendable {
  let created = ContinuousClock.now
  private let status: @Sendable (RenderService.JobStatus) -> Void
  /// The number of the latest status that was reported.
  private let reported = Mutex(0)
  private let stopping = Mutex<(any Error)?>(nil)

  init(status: @escaping @Sendable (RenderService.JobStatus) -> Void) {
    self.status = status
  }

  /// Reports a status, unless a newer one was reported: threads may overtake each other.
  func report(_ new: RenderService.JobStatus, _ revision: Int) {
    reported.withLock { latest in
      guard revision > latest else { return }
      latest = revision
      status(new)
    }
  }

  /// The reason to stop, once there is one.
  var stopError: (any Error)? { stopping.withLock { $0 } }

  /// Asks the job to stop; the first reason counts.
  func stop(with error: any Error) {
    stopping.withLock { if $0 == nil { $0 = error } }
  }

  /// Throws the reason to stop, once there is one.
  func check() throws {
    if let error = stopError { throw error }
  }
}
