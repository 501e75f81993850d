import Flux2
import Rendering

/// Hands jobs to the render threads and reports what happens to them.
struct RenderDispatcher: Sendable {
  let service: RenderService
  let configuration: ServiceConfiguration
  let metrics: Metrics

  /// Queues a job, renders its images one after the other when its turn comes, and returns their files.
  ///
  /// Cancelling the task ends the render at its next block.
  func run(
    _ job: RenderJob, _ context: RequestContext,
    _ report: @escaping @Sendable (RenderEvent) -> Void
  ) async throws -> [[UInt8]] {
    try await service.run(
      owner: job.principal.keyID, cost: job.cost,
      deadline: .seconds(configuration.renderDeadlineSeconds),
      status: { [metrics] status in
        switch status {
        case .queued(let position, let seconds):
          report(.queued(position: position, waitSeconds: seconds))
        case .started(let seconds):
          context.update { $0.queueSeconds = seconds }
          metrics.record(waitSeconds: seconds)
          report(.started)
        }
      },
      { [self] check in
        try (0..<job.render.plan.imageCount).map { index in
          try file(ofImage: index, of: job, checking: check, context, report)
        }
      })
  }

  /// Renders one image of a job, and records how long that took.
  private func file(
    ofImage index: Int, of job: RenderJob, checking check: RenderService.StepCheck,
    _ context: RequestContext, _ report: (RenderEvent) -> Void
  ) throws -> [UInt8] {
    let start = ContinuousClock.now
    let image = try render(job, image: index, checking: check, report)
    // The client may have left, or the deadline passed, since the last block.
    try check()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    context.update { $0.renderSeconds = ($0.renderSeconds ?? 0) + seconds }
    metrics.record(
      renderSeconds: seconds,
      stepsPerSecond: image.denoisingSeconds.map {
        Double(job.render.plan.request.remainingStepCount) / $0
      })
    return image.file
  }

  /// Throws if the queue has no room for a job of an owner.
  func checkRoom(for principal: Principal) throws {
    try service.checkRoom(forNewJobOf: principal.keyID)
  }

  /// Renders on the thread of the caller.
  /// - Parameter check: Throws once the job is to stop.
  private func render(
    _ job: RenderJob, image: Int, checking check: RenderService.StepCheck,
    _ report: (RenderEvent) -> Void
  ) throws -> RenderedImage {
    let previewSteps = job.delivery.previewSteps(of: job.render.plan.request.remainingStepCount)
    try check()
    return try job.rendering.render(
      job.render.image(image), writesMetadata: configuration.writesPNGMetadata,
      progress: { progress in
        try check()
        if progress.isStepDone { report(.step(progress.step, of: progress.stepCount)) }
      },
      stepDone: { number, preview in
        if let index = previewSteps.firstIndex(of: number),
          let file = try preview.file(blockDone: check)
        {
          report(.preview(file, index: index, image: image))
        }
      })
  }
}

extension PipelineProgress {
  /// True if a denoising step has just been done.
  fileprivate var isStepDone: Bool { stage == .denoising && step > 0 && block == 0 }
}

extension RenderedImage {
  /// The time of all denoising steps; nil without steps.
  fileprivate var denoisingSeconds: Double? {
    timings.first { $0.stage == .denoising }.map(\.seconds)
  }
}
