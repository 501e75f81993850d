import API
package import Flux2
import Glibc
import Imaging
package import Rendering

/// Stands in for a model: sleeps as long as rendering would take and answers with one image, so that
/// what remains is the service's own time.
package final class SleepingModel: ImageRendering {
  /// Those of a distilled model.
  package let defaults = RenderDefaults.distilled
  private let stepSeconds: Double
  private let image: [UInt8]

  /// - Parameters:
  ///   - stepSeconds: Seconds that each denoising step sleeps.
  ///   - imageSide: The side of the image; of noise, so it takes three bytes a pixel.
  package init(stepSeconds: Double, imageSide: Int) throws {
    self.stepSeconds = stepSeconds
    image = try NoiseImage.png(side: imageSide)
  }

  /// Counts a token for each word; sleeping takes no memory.
  package func prepare(_ plan: RenderPlan) -> PreparedRender {
    PreparedRender(
      plan, promptTokenCount: plan.request.prompt.split(separator: " ").count,
      activationByteCount: 0)
  }

  /// Sleeps, until moments reckoned from the start, so that waking late does not add up.
  package func render(
    _ render: PreparedRender, writesMetadata: Bool,
    progress: (PipelineProgress) throws -> Void, stepDone: (Int, StepPreview) throws -> Void
  ) throws -> RenderedImage {
    let stepCount = render.plan.request.stepCount
    var moment = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &moment)
    for number in 1...stepCount {
      moment = moment.advanced(bySeconds: stepSeconds)
      if stepSeconds > 0 { unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nil) }
      try progress(PipelineProgress(stage: .denoising, step: number, stepCount: stepCount))
    }
    return RenderedImage(
      raster: Raster(width: 1, height: 1, pixels: [0, 0, 0]), file: image,
      metadata: RenderMetadata(render, modelHash: "sleeping"), timings: [])
  }
}

extension timespec {
  fileprivate func advanced(bySeconds seconds: Double) -> timespec {
    let nanoseconds = tv_nsec + Int(seconds * 1e9)
    return timespec(
      tv_sec: tv_sec + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
  }
}
