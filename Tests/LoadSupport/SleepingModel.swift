package import API
import Glibc
import Imaging
package import Rendering

/// Stands in for a model: sleeps as long as rendering would take and answers with one image, so that
/// what remains is the service's own time.
package final class SleepingModel: ImageRendering {
  /// No LoRA may be named.
  package let loras = LoRARegistry()
  private let stepSeconds: Double
  private let image: [UInt8]

  /// - Parameters:
  ///   - stepSeconds: How long each denoising step sleeps.
  ///   - imageSide: The side of the image; of noise, so it takes three bytes a pixel.
  package init(stepSeconds: Double, imageSide: Int) throws {
    self.stepSeconds = stepSeconds
    image = try NoiseImage.png(side: imageSide)
  }

  /// One for each word.
  package func tokenCount(of prompt: String) -> Int { prompt.split(separator: " ").count }

  /// Nothing: sleeping takes no memory.
  package func predictedBytes(of plan: RenderPlan) -> Int { 0 }

  /// Sleeps, until moments reckoned from the start, so that waking late does not add up.
  package func render(
    _ plan: RenderPlan, writesMetadata: Bool, step: (RenderStep) throws -> Void
  ) throws -> [UInt8] {
    var moment = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &moment)
    for number in 1...plan.stepCount {
      moment = moment.advanced(bySeconds: stepSeconds)
      if stepSeconds > 0 { unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nil) }
      try step(RenderStep(number: number, count: plan.stepCount))
    }
    return image
  }
}

extension timespec {
  fileprivate func advanced(bySeconds seconds: Double) -> timespec {
    let nanoseconds = tv_nsec + Int(seconds * 1e9)
    return timespec(
      tv_sec: tv_sec + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
  }
}
