public import Flux2

/// The durations of renders and of their parts, taken from their progress.
public struct RenderMeasurement: Sendable {
  private var seconds: [Part: [Double]] = [:]

  /// A part of a render.
  public enum Part: Sendable, CaseIterable {
    /// A layer of the text encoder.
    case textLayer
    /// A double stream block.
    case doubleBlock
    /// A single stream block other than the last, which computes the image's rows alone.
    case singleBlock
    /// The text encoder.
    case text
    /// A denoising step.
    case step
    /// The decoding.
    case decoding
    /// All of it.
    case whole
  }

  /// Renders an image several times.
  /// - Parameters:
  ///   - pipeline: The model; it must not cache prompts.
  ///   - request: The image.
  ///   - runs: The number of renders, at least 1.
  ///   - runDone: Called after each run with the number of runs done.
  public init(
    _ pipeline: Pipeline, _ request: PipelineRequest, runs: Int,
    runDone: (Int) throws -> Void = { _ in }
  ) throws {
    for run in 1...runs {
      try add(pipeline, request)
      try runDone(run)
    }
  }

  /// Returns the durations of a part.
  public func samples(_ part: Part) -> Samples? { seconds[part].map { Samples(seconds: $0) } }

  private mutating func add(_ pipeline: Pipeline, _ request: PipelineRequest) throws {
    let transformer = pipeline.model.transformer.configuration
    let clock = ContinuousClock()
    let start = clock.now
    var (last, stepStart) = (start, start)
    var marks: [(Part, Double)] = []
    let result = try pipeline.render(request) { progress in
      let now = clock.now
      defer { last = now }
      switch (progress.stage, progress.block) {
      case (.encodingPrompt, 1...):
        marks.append((.textLayer, (now - last) / .seconds(1)))
      case (.denoising, 1...):
        let single = progress.block - transformer.doubleBlockCount
        // The first block waits for the embedders.
        if single <= 0, progress.block > 1 || transformer.doubleBlockCount == 1 {
          marks.append((.doubleBlock, (now - last) / .seconds(1)))
        } else if single > 0, single < transformer.singleBlockCount {
          marks.append((.singleBlock, (now - last) / .seconds(1)))
        }
      case (.denoising, _):
        if progress.step > 0 { marks.append((.step, (now - stepStart) / .seconds(1))) }
        stepStart = now
      default: break
      }
    }
    marks.append((.whole, (clock.now - start) / .seconds(1)))
    for timing in result.timings {
      if timing.stage == .encodingPrompt { marks.append((.text, timing.seconds)) }
      if timing.stage == .decoding { marks.append((.decoding, timing.seconds)) }
    }
    for (part, duration) in marks { seconds[part, default: []].append(duration) }
  }
}
