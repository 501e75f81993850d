internal import Rendering

/// Hands orders to the render threads and tells what happens to them.
struct RenderDesk: Sendable {
  let rendering: any ImageRendering
  let service: RenderService
  let configuration: ServiceConfiguration
  let metrics: Metrics

  /// Queues an order.
  ///
  /// The first event tells whether it was accepted.
  func place(_ order: RenderOrder, notes: ExchangeNotes) -> RenderCourse {
    let (stream, continuation) = RenderCourse.Events.makeStream()
    let task = Task {
      do {
        let picture = try await run(order, notes) { continuation.yield($0) }
        continuation.yield(.finished(picture))
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    continuation.onTermination = { _ in task.cancel() }
    return RenderCourse(events: stream) { task.cancel() }
  }

  private func run(
    _ order: RenderOrder, _ notes: ExchangeNotes,
    _ report: @escaping @Sendable (RenderEvent) -> Void
  ) async throws -> [UInt8] {
    let (rendering, metrics) = (rendering, metrics)
    let writesMetadata = configuration.writesPNGMetadata
    return try await service.run(
      owner: order.caller.keyID, cost: order.plan.cost,
      deadline: .seconds(configuration.renderDeadlineSeconds),
      standing: { standing in
        switch standing {
        case .queued(let position, let seconds):
          report(.queued(position: position, waitSeconds: seconds))
        case .started(let seconds):
          notes.update { $0.queueSeconds = seconds }
          metrics.record(waitSeconds: seconds)
          report(.started)
        }
      },
      { check in
        try check()
        let clock = RenderClock()
        let picture = try rendering.render(order.plan, writesMetadata: writesMetadata) { step in
          try check()
          guard step.number > 0 else { return }
          clock.finishStep()
          try Self.report(
            step, previews: order.delivery.partialImageCount, checking: check, to: report)
        }
        // The picture of whoever has left by now is nobody's.
        try check()
        notes.update { $0.renderSeconds = clock.totalSeconds }
        metrics.record(renderSeconds: clock.totalSeconds, stepsPerSecond: clock.stepsPerSecond)
        return picture
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
