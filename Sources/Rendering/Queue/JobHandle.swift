internal import Synchronization

/// A job's side of the agreement: whether it is to stop, and whom to tell how it stands.
final class JobHandle: Sendable {
  let created = ContinuousClock.now
  let status: @Sendable (RenderService.JobStatus) -> Void
  private let stopping = Mutex<(any Error)?>(nil)

  init(status: @escaping @Sendable (RenderService.JobStatus) -> Void) {
    self.status = status
  }

  /// Why the job is to stop, once it is.
  var stopError: (any Error)? { stopping.withLock { $0 } }
  /// Whether the job is to stop.
  var isStopped: Bool { stopError != nil }

  /// Asks the job to stop; the first reason counts.
  func stop(with error: any Error) {
    stopping.withLock { if $0 == nil { $0 = error } }
  }

  /// Throws the reason once the job is to stop.
  func check() throws {
    if let error = stopError { throw error }
  }
}
