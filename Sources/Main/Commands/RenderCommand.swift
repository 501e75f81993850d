import Flux2
import JSON
import Rendering
import Tensors

/// `iris generate` and `iris edit`.
struct RenderCommand {
  /// Memory for embedded prompts and encoded references, which come again where there are several images.
  private static let cacheByteCount = 256 << 20

  private let invocation: Invocation
  private let signals: SignalDispatcher
  private let installation = Installation()
  private let threadCount: Int
  /// The asked-for precision; nil for that of an image that is repeated, or a choice by model and machine.
  private let precision: PrecisionMode?
  /// The asked-for provider of products; nil as for the precision.
  private let products: ProductChoice?

  init(_ invocation: Invocation, signals: SignalDispatcher) throws {
    self.invocation = invocation
    self.signals = signals
    threadCount =
      try invocation.integer(.threads, in: Device.threadCounts)
      ?? SystemResources.processorCount
    precision = try invocation.choice(.precision, of: PrecisionMode.self)
    products = try invocation.choice(.products, of: ProductProvider.self).map {
      try ProductChoice($0)
    }
  }

  /// Checks all input before the model is loaded.
  func run() throws {
    let arguments = RenderArguments(invocation)
    try arguments.checkStandardInput()
    let viewer = try viewer()
    let registry = try LoRARegistry(directory: installation.loras)
    let recorded = try invocation.value(.from).map { try RecordedParameters($0, for: invocation) }
    let seeds = try arguments.seeds(recorded: recorded?.metadata.seed)
    var request = try arguments.request(registry: registry, recorded: recorded)
    request.seed = seeds[0]
    _ = try request.validated(
      under: RenderArguments.limits, registry: registry, defaults: .distilled)
    if invocation.has(.lora) { request.warnings += registry.warnings }
    let outputs = try outputs(seeds)
    let promptStore = try PromptFolder.store(invocation)
    let model = try ModelLocator.files(
      invocation, directory: invocation.value(.model), fallback: installation.defaultModel)
    let precision = precision ?? recorded?.precision ?? .auto
    let products = try products ?? recorded?.products() ?? ProductChoice(.auto)
    let batch = RenderBatch(
      request: request, registry: registry, recorded: recorded, seeds: seeds, outputs: outputs,
      viewer: viewer, isJSON: invocation.has(.json), signals: signals)
    // Progress is not mixed into an image that goes to standard error.
    let isQuiet = invocation.has(.quiet) || outputs[0].isStandardError
    try batch.run(progress: ProgressDisplay(isQuiet: isQuiet)) {
      try Renderer(
        model: model, threadCount: threadCount, products: products, precision: precision,
        memoryByteCount: SystemResources.memoryByteCount, preparedDirectory: Installation.cache,
        cacheByteCount: seeds.count > 1 ? Self.cacheByteCount : 0, promptStore: promptStore)
    }
  }

  /// The image viewer for `--show`; nil without the option.
  private func viewer() throws -> TerminalImage? {
    guard invocation.has(.show) else { return nil }
    guard !invocation.has(.json) else { throw UsageError("--show and --json exclude each other") }
    return try TerminalImage()
  }

  /// The checked destination of each image.
  private func outputs(_ seeds: [UInt64]) throws -> [OutputFile] {
    let template = invocation.value(.output).map { OutputNameTemplate($0) }
    let outputs = try seeds.enumerated().map { index, seed in
      try OutputFile(
        path: template?.name(seed: seed, index: index + 1, of: seeds.count), seed: seed)
    }
    for (index, output) in outputs.enumerated() where !output.isNull {
      if outputs[..<index].contains(where: { $0.isSamePlace(as: output) }) {
        throw UsageError(
          "--output \(invocation.value(.output) ?? "") is one place for \(seeds.count) images; "
            + "put {seed} or {index} into the name, as in fox-{seed}.png")
      }
    }
    return outputs
  }
}

/// The images of one command line: one model and one request, with a seed and a destination for each.
private struct RenderBatch {
  let request: RenderRequest
  let registry: LoRARegistry
  let recorded: RecordedParameters?
  let seeds: [UInt64]
  let outputs: [OutputFile]
  let viewer: TerminalImage?
  let isJSON: Bool
  let signals: SignalDispatcher

  /// Loads the model and renders.
  /// - Parameters:
  ///   - progress: Shows the progress.
  ///   - load: Loads the model.
  func run(progress: ProgressDisplay, load: () throws -> Renderer) throws {
    var progress = progress
    let start = ContinuousClock.now
    defer { progress.clear() }
    progress.showLoading()
    let renderer = try load()
    let loading = start.duration(to: .now) / .seconds(1)
    progress.clear()
    progress.note(renderer.precision)
    progress.note(renderer.products, in: renderer.precision.precision)
    Console.warn(
      ModelWarnings.about(
        indexKeys: renderer.modelIndexKeys, repeatedKeys: renderer.repeatedKeys))
    let registry = renderer.fitting(registry)
    var request = request
    request.warnings += recorded?.warnings(for: renderer.modelHash) ?? []
    var shown: [RenderWarning] = []
    for index in seeds.indices {
      let begin = index == 0 ? start : .now
      request.seed = seeds[index]
      request.outputFormat = outputs[index].format
      let render = try renderer.prepare(
        request.validated(
          under: RenderArguments.limits, registry: registry, defaults: renderer.defaults))
      Console.warn(render.warnings.filter { !shown.contains($0) })
      shown = shown.merging(render.warnings)
      progress.begin(image: index + 1, of: seeds.count)
      let image = try renderer.render(render) { progress.show($0) }
      progress.clear()
      let file = try outputs[index].write(image.file, signals: signals)
      try report(
        RenderReport(
          image: image, file: file, precision: renderer.precision,
          products: renderer.products,
          loadingSeconds: index == 0 ? loading : 0,
          totalSeconds: begin.duration(to: .now) / .seconds(1)),
        to: outputs[index])
    }
  }

  /// Prints the report to standard output, or to standard error if the image itself went there.
  private func report(_ report: RenderReport, to output: OutputFile) throws {
    let text = isJSON ? report.json.text(.sorted) : TextFormat.singleLine(report.line)
    if output.isStandardOutput {
      Console.write(text + "\n")
    } else {
      try viewer?.show(report.image)
      try Console.print(text)
    }
  }
}
