import Flux2
import JSON
import Measurement
import Rendering
import Tensors

/// `iris bench`: measures products, blocks, stages and whole renders on this machine.
struct BenchCommand {
  private static let prompt = "a red fox asleep on a mossy stone"

  private let model: ModelFiles?
  private let shape: ModelShape
  private let size: PixelSize
  private let stepCount: Int
  private let runCount: Int
  private let threadCount: Int
  private let precision: PrecisionMode
  private let products: ProductChoice
  private let isJSON: Bool
  private let isQuiet: Bool

  init(_ invocation: Invocation) throws {
    model = try invocation.value(.model).map { try ModelLocator.directory($0) }
    shape = try invocation.choice(.shape, of: ModelShape.self) ?? CommandDefaults.benchShape
    guard model == nil || !invocation.has(.shape) else {
      throw UsageError("--model and --shape exclude each other")
    }
    size = try invocation.size(sides: RenderArguments.limits.side) ?? CommandDefaults.benchSize
    stepCount =
      try invocation.integer(.steps, in: RequestParameter.stepCounts)
      ?? CommandDefaults.benchStepCount
    runCount =
      try invocation.integer(.runs, in: CommandDefaults.benchRunCounts)
      ?? CommandDefaults.benchRunCount
    threadCount =
      try invocation.integer(.threads, in: Device.threadCounts) ?? SystemResources.processorCount
    precision = try invocation.choice(.precision, of: PrecisionMode.self) ?? .auto
    products = try invocation.products()
    isJSON = invocation.has(.json)
    isQuiet = invocation.has(.quiet)
  }

  func run() throws {
    let device = Device(threadCount: threadCount, products: products)
    note("preparing the model")
    let pipeline =
      if let model {
        try Pipeline(
          model, device: device, precision: precision,
          memoryByteCount: SystemResources.memoryByteCount)
      } else {
        try Pipeline(
          fabricated: shape, device: device, precision: precision,
          memoryByteCount: SystemResources.memoryByteCount)
      }
    let arithmetic = pipeline.precision.precision
    note("measuring products")
    let rates = MachineRates(device, precision: arithmetic)
    let work = ModelWork(pipeline, width: size.width, height: size.height)
    let productSamples = work.products.map {
      BenchReport.Product($0, $0.measure(on: device, precision: arithmetic))
    }
    let request = PipelineRequest(
      prompt: Self.prompt, width: size.width, height: size.height, seed: 1, stepCount: stepCount)
    note("rendering")
    let renders = try RenderMeasurement(pipeline, request, runs: runCount) {
      note("rendered \($0) of \(runCount)")
    }
    let report = BenchReport(
      title: model == nil ? shape.rawValue : "the model", size: size, stepCount: stepCount,
      threadCount: threadCount, precision: pipeline.precision,
      provider: products,
      // Other work may have come between; what a machine does at most is the better of both.
      rates: rates.best(with: MachineRates(device, precision: arithmetic)),
      products: productSamples,
      work: work, renders: renders)
    if isJSON { return try Console.print(report.json.text()) }
    for line in report.lines { try Console.print(line) }
  }

  private func note(_ text: String) {
    if !isQuiet { Console.report(text) }
  }
}
