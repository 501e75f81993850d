import Accounts

/// An event in the life of a job, from its admission to its answer.
enum RenderEvent: Sendable {
  /// The limits and the credit of its key were looked at; it goes on only if it was admitted.
  case decided(AdmissionOutcome)
  /// The job waits in the queue.
  case queued(position: Int, waitSeconds: Double)
  /// The job has left the queue and renders.
  case started
  /// A denoising step is done.
  case step(Int, of: Int)
  /// A preview of one of the images after a step: an image file.
  case preview([UInt8], index: Int, image: Int)
  /// The images are finished, and paid for: the body of the answer.
  case answered(StoredAnswer)
}
