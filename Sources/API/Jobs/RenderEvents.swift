/// An event in the life of a job, from the queue to the image.
enum RenderEvent: Sendable {
  /// The job waits in the queue.
  case queued(position: Int, waitSeconds: Double)
  /// The job has left the queue and renders.
  case started
  /// A denoising step is done.
  case step(Int, of: Int)
  /// A preview after a step: a PNG file.
  case preview([UInt8], index: Int)
  /// The image: a PNG file.
  case finished([UInt8])
}

/// The events of a dispatched job, for the client that waits for it.
///
/// They end with `finished`, or throw. Whoever stops listening ends the render at its next block, which is
/// how clients that leave are noticed.
struct RenderEvents: Sendable {
  /// The events in order, for one reader.
  typealias Stream = AsyncThrowingStream<RenderEvent, any Error>

  private let stream: Stream
  private let cancel: @Sendable () -> Void

  /// - Parameters:
  ///   - stream: The events.
  ///   - cancel: Ends the render at its next block.
  init(_ stream: Stream, cancel: @escaping @Sendable () -> Void) {
    self.stream = stream
    self.cancel = cancel
  }

  /// Reads events.
  ///
  /// Cancelling the task that reads cancels the render in the same instant. The stream alone would notice
  /// only when it is asked for the next event, while the reader may be waiting for the client's connection.
  func read<Result>(_ body: (Stream) async throws -> Result) async throws -> Result {
    try await withTaskCancellationHandler {
      try await body(stream)
    } onCancel: {
      cancel()
    }
  }
}
