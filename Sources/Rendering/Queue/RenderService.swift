import Foundation
import Synchronization

/// Runs jobs from a `RenderQueue` on threads of its own.
///
/// Rendering blocks for seconds, so it never runs on Swift's cooperative pool, where two blocking jobs
/// would freeze every asynchronous handler. A caller awaits its job in a task; cancelling the task, or
/// the deadline, withdraws the job if it waits and stops it at its next check if it runs.
public final class RenderService: Sendable {
  /// Called by a running job between the parts of its work; throws once the job is to stop.
  public typealias StepCheck = @Sendable () throws -> Void

  /// The reason for which the service gave up a job.
  public enum Refusal: Error, Sendable, Equatable {
    /// The queue is full.
    case busy(retryAfterSeconds: Double)
    /// The deadline passed before the job was done.
    case deadlinePassed
  }

  /// The status of a job, for its owner.
  public enum JobStatus: Sendable, Equatable {
    /// It waits.
    case queued(position: Int, waitSeconds: Double)
    /// It runs.
    case started(waitedSeconds: Double)
  }

  /// The load of the queue, for metrics.
  public struct QueueStatistics: Sendable, Equatable {
    /// Jobs that wait.
    public let waiting: Int
    /// Jobs that run.
    public let running: Int
  }

  /// Jobs that run at once.
  public let slots: Int
  private let state: Mutex<RenderServiceState>
  private let work = DispatchSemaphore(value: 0)

  /// Starts the threads.
  /// - Parameters:
  ///   - capacity: Jobs that may wait.
  ///   - slots: Jobs that run at once, each on a thread.
  public init(capacity: Int, slots: Int) {
    self.slots = max(slots, 1)
    state = Mutex(
      RenderServiceState(queue: RenderQueue(capacity: capacity, slots: slots)))
    for _ in 0..<self.slots {
      let thread = Thread { [weak self, work] in
        while true {
          work.wait()
          guard let self else { return }
          self.runNext()
        }
      }
      // Deep call chains of the decoder stay far below this; the default of a thread is 512 kB.
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  deinit {
    for _ in 0..<slots { work.signal() }
  }

  /// The number of jobs that wait and that run.
  public var statistics: QueueStatistics {
    state.withLock {
      QueueStatistics(waiting: $0.queue.waitingCount, running: $0.queue.runningCount)
    }
  }

  /// Estimated seconds until a job would start that an owner hands in now.
  public func waitSeconds(forNewJobOf owner: String) -> Double {
    state.withLock { $0.queue.waitSeconds(forNewJobOf: owner, at: $0.now) }
  }

  /// Throws `Refusal.busy` if the queue has no room for a job of an owner at the moment.
  public func checkRoom(forNewJobOf owner: String) throws(Refusal) {
    let seconds = state.withLock { $0.queue.refusal(ofNewJobOf: owner, at: $0.now) }
    if let seconds { throw .busy(retryAfterSeconds: seconds) }
  }

  /// Estimated seconds until every job that waits or runs is done.
  public var secondsUntilEmpty: Double {
    state.withLock { $0.queue.secondsUntilEmpty(at: $0.now) }
  }

  /// Runs a job when its turn comes.
  /// - Parameters:
  ///   - owner: The owner of the job; the queue is fair between owners.
  ///   - cost: Its size relative to other jobs.
  ///   - deadline: The time from now after which the job is given up.
  ///   - status: Called when the job is queued, whenever another starts before it, and when it starts;
  ///     must return at once.
  ///   - body: The job; calls the check that it is given between the parts of its work.
  /// - Throws: `Refusal`, `CancellationError`, and what `body` throws.
  public func run<Result: Sendable>(
    owner: String, cost: Double, deadline: Duration,
    status: @escaping @Sendable (JobStatus) -> Void = { _ in },
    _ body: @escaping @Sendable (StepCheck) throws -> Result
  ) async throws -> Result {
    let handle = JobHandle(status: status)
    let timer = Task { [weak self] in
      try await Task.sleep(for: deadline)
      self?.stop(handle, with: Refusal.deadlinePassed)
    }
    defer { timer.cancel() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let job = RenderServiceState.Job(
          handle: handle, fail: { continuation.resume(throwing: $0) }
        ) {
          do {
            let result = try body { try handle.check() }
            return .init(isComplete: true) { continuation.resume(returning: result) }
          } catch {
            return .init(isComplete: false) { continuation.resume(throwing: error) }
          }
        }
        submit(job, owner: owner, cost: cost)
      }
    } onCancel: {
      stop(handle, with: CancellationError())
    }
  }

  private func submit(_ job: RenderServiceState.Job, owner: String, cost: Double) {
    let outcome = state.withLock { $0.submit(job, owner: owner, cost: cost) }
    switch outcome {
    case .success(let report):
      report.deliver()
      work.signal()
    case .failure(let error): job.fail(error)
    }
  }

  private func stop(_ handle: JobHandle, with error: any Error) {
    handle.stop(with: error)
    state.withLock { $0.withdraw(handle) }?.fail(error)
  }

  /// Runs the next job, if there is one.
  private func runNext() {
    guard let (id, job, reports) = state.withLock({ $0.startNext() }) else { return }
    let started = ContinuousClock.now
    for report in reports { report.deliver() }
    let outcome = job.perform()
    let elapsed = outcome.isComplete ? (ContinuousClock.now - started).seconds : nil
    state.withLock { $0.queue.finish(id, seconds: elapsed) }
    outcome.deliver()
  }
}

extension Duration {
  /// The duration as a number of seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
