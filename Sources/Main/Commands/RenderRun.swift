import Flux2
import Rendering

/// The images of one command line: one model, one request, a seed and a place for each.
struct RenderRun {
  let request: RenderRequest
  let registry: LoRARegistry
  let recipe: ImageRecipe?
  let seeds: [UInt64]
  let outputs: [OutputFile]
  let viewer: TerminalImage?
  let isJSON: Bool
  let interruption: Interruption

  /// Loads the model and renders.
  /// - Parameter load: Loads it.
  func perform(progress: ProgressDisplay, load: () throws -> Renderer) throws {
    var progress = progress
    let start = ContinuousClock.now
    defer { progress.clear() }
    progress.showLoading()
    let renderer = try load()
    let loading = start.duration(to: .now) / .seconds(1)
    progress.clear()
    Console.warn(
      ModelWarnings.about(
        indexKeys: renderer.modelIndexKeys, repeatedKeys: renderer.repeatedKeys))
    var request = request
    if let recipe {
      request.warnings += recipe.recordedWarnings(for: renderer.modelHash)
      request.warnings += recipe.warnings(about: renderer.modelHash)
    }
    var said: [RenderWarning] = []
    for index in seeds.indices {
      let begin = index == 0 ? start : .now
      request.seed = seeds[index]
      let plan = try renderer.opened(
        request.validated(
          under: RenderCommand.limits, registry: registry, defaults: renderer.defaults))
      let warnings = renderer.warnings(about: plan)
      Console.warn(warnings.filter { !said.contains($0) })
      said = said.merging(warnings)
      progress.begin(image: index + 1, of: seeds.count)
      let image = try renderer.render(plan) { progress.show($0) }
      progress.clear()
      let file = try outputs[index].write(image.png, interruption: interruption)
      try report(
        RenderReport(
          image, file: file, loadingSeconds: index == 0 ? loading : 0,
          totalSeconds: begin.duration(to: .now) / .seconds(1)),
        image, to: outputs[index])
    }
  }

  /// Results go to standard output, unless the image itself went there.
  private func report(
    _ report: RenderReport, _ image: RenderedImage, to output: OutputFile
  ) throws {
    let text = isJSON ? try JSONOutput.text(report) : TerminalText.oneLine(report.line)
    if output.isStandardOutput {
      Console.write(text + "\n")
    } else {
      try viewer?.show(image)
      try Console.print(text)
    }
  }
}
