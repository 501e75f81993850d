internal import Rendering

/// Hands orders to the render threads and tells what happens to them.
struct RenderDispatcher: Sendable {
  let rendering: any ImageRendering
  let service: RenderService
  let configuration: ServiceConfiguration
  let metrics: Metrics

  /// Queues an order.
  ///
  /// The first event tells whether it was accepted.
  func dispatch(_ job: RenderJob, context: RequestContext) -> RenderCourse {
    let (stream, continuation) = RenderCourse.Events.makeStream()
    let task = Task {
      do {
        let image = try await run(job, context) { continuation.yield($0) }
        continuation.yield(.finished(image))
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    continuation.onTermination = { _ in task.cancel() }
    return RenderCourse(events: stream) { task.cancel() }
  }

  private func run(
    _ job: RenderJob, _ context: RequestContext,
    _ report: @escaping @Sendable (RenderEvent) -> Void
  ) async throws -> [UInt8] {
    let (rendering, metrics) = (rendering, metrics)
    let writesMetadata = configuration.writesPNGMetadata
    return try await service.run(
      owner: job.principal.keyID, cost: job.plan.cost,
      deadline: .seconds(configuration.renderDeadlineSeconds),
      status: { status in
        switch status {
        case .queued(let position, let seconds):
          report(.queued(position: position, waitSeconds: seconds))
        case .started(let seconds):
          context.update { $0.queueSeconds = seconds }
          metrics.record(waitSeconds: seconds)
          report(.started)
        }
      },
      { check in
        try check()
        let clock = RenderClock()
        let image = try rendering.render(job.plan, writesMetadata: writesMetadata) { step in
          try check()
          guard step.number > 0 else { return }
          clock.finishStep()
          try Self.report(
            step, previews: job.delivery.partialImageCount, checking: check, to: report)
        }
        // The image of whoever has left by now is nobody's.
        try check()
        context.update { $0.renderSeconds = clock.totalSeconds }
        metrics.record(renderSeconds: clock.totalSeconds, stepsPerSecond: clock.stepsPerSecond)
        return image
      })
  }

  private static func report(
    _ step: RenderStep, previews: Int, checking check: RenderService.StepCheck,
    to report: (RenderEvent) -> Void
  ) throws {
    report(.step(step.number, of: step.count))
    let schedule = PreviewSchedule(count: previews, stepCount: step.count)
    if let index = schedule.index(after: step.number), let preview = try step.preview(check) {
      report(.preview(preview, index: index))
    }
  }
}
