/// What the render threads and the callers share, under one lock.
struct RenderServiceState {
  /// A job with the ways to end it; exactly one of them is taken.
  struct Job: Sendable {
    let handle: JobHandle
    /// Ends a job that never ran.
    let fail: @Sendable (any Error) -> Void
    /// Runs the job.
    let perform: @Sendable () -> Outcome

    init(
      handle: JobHandle, fail: @escaping @Sendable (any Error) -> Void,
      perform: @escaping @Sendable () -> Outcome
    ) {
      self.handle = handle
      self.fail = fail
      self.perform = perform
    }
  }

  /// How a job ended.
  struct Outcome: Sendable {
    /// Whether it gave a result: one that failed half-way tells nothing about how long jobs take.
    let isComplete: Bool
    /// Hands the result over.
    let deliver: @Sendable () -> Void
  }

  var queue: RenderQueue
  var isClosing = false
  private var jobs: [RenderQueue.JobID: Job] = [:]
  private var nextID: RenderQueue.JobID = 0

  private let start = ContinuousClock.now

  init(queue: RenderQueue) {
    self.queue = queue
  }

  /// Seconds on the queue's clock.
  var now: Double { (ContinuousClock.now - start).seconds }

  mutating func submit(
    _ job: Job, owner: String, cost: Double
  ) -> Result<RenderService.JobStatus, any Error> {
    // A task can be cancelled before its job is here: the job must not be left in the queue then.
    if let error = job.handle.stopError { return .failure(error) }
    if isClosing { return .failure(RenderService.Refusal.closing) }
    let id = nextID
    switch queue.submit(id, owner: owner, cost: cost, at: now) {
    case .refused(let seconds):
      return .failure(RenderService.Refusal.busy(retryAfterSeconds: seconds))
    case .queued(let position, let seconds):
      nextID += 1
      jobs[id] = job
      return .success(.queued(position: position, waitSeconds: seconds))
    }
  }

  mutating func startNext() -> (RenderQueue.JobID, Job)? {
    guard let id = queue.startNext(at: now), let job = jobs.removeValue(forKey: id) else {
      return nil
    }
    return (id, job)
  }

  /// Takes a job that waits out of the queue; nil if it runs, ended or never came.
  mutating func withdraw(_ handle: JobHandle) -> Job? {
    guard let id = jobs.first(where: { $0.value.handle === handle })?.key, queue.withdraw(id)
    else { return nil }
    return jobs.removeValue(forKey: id)
  }
}
