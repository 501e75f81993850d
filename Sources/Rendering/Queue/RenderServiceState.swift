/// What the render threads and the callers share, under one lock.
struct RenderServiceState {
  /// A job with the ways to end it; exactly one of them is taken.
  struct Job: Sendable {
    let ticket: RenderTicket
    /// Ends a job that never ran.
    let fail: @Sendable (any Error) -> Void
    /// Runs the job; the closure returned hands its result over.
    let perform: @Sendable () -> @Sendable () -> Void

    init(
      ticket: RenderTicket, fail: @escaping @Sendable (any Error) -> Void,
      perform: @escaping @Sendable () -> @Sendable () -> Void
    ) {
      self.ticket = ticket
      self.fail = fail
      self.perform = perform
    }
  }

  var queue: RenderQueue
  var isClosing = false
  private var jobs: [RenderQueue.JobID: Job] = [:]
  private var nextID: RenderQueue.JobID = 0

  init(queue: RenderQueue) {
    self.queue = queue
  }

  mutating func submit(
    _ job: Job, owner: String, cost: Double
  ) -> Result<RenderService.Standing, any Error> {
    // A task can be cancelled before its job is here: the job must not be left in the queue then.
    if let error = job.ticket.stopError { return .failure(error) }
    if isClosing { return .failure(RenderService.Refusal.closing) }
    let id = nextID
    switch queue.submit(id, owner: owner, cost: cost) {
    case .refused(let seconds):
      return .failure(RenderService.Refusal.busy(retryAfterSeconds: seconds))
    case .queued(let position, let seconds):
      nextID += 1
      jobs[id] = job
      return .success(.queued(position: position, waitSeconds: seconds))
    }
  }

  mutating func startNext() -> (RenderQueue.JobID, Job)? {
    guard let id = queue.startNext(), let job = jobs.removeValue(forKey: id) else { return nil }
    return (id, job)
  }

  /// Takes a job that waits out of the queue; nil if it runs, ended or never came.
  mutating func withdraw(_ ticket: RenderTicket) -> Job? {
    guard let id = jobs.first(where: { $0.value.ticket === ticket })?.key, queue.withdraw(id)
    else { return nil }
    return jobs.removeValue(forKey: id)
  }
}
