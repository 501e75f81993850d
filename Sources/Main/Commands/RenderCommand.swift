import Flux2
import Foundation
import Imaging
import Rendering
import Tensors

/// `iris generate` and `iris edit`.
struct RenderCommand {
  private static let limits = RenderLimits.commandLine

  private let invocation: Invocation
  private let interruption: Interruption
  private let installation = Installation()
  private let threadCount: Int

  init(_ invocation: Invocation, interruption: Interruption) throws(UsageError) {
    self.invocation = invocation
    self.interruption = interruption
    threadCount =
      try invocation.integer(.threads, in: Device.threadCounts)
      ?? Machine.processorCount
  }

  /// Everything that can be wrong is found before the model is loaded.
  func run() throws {
    let registry = try LoRARegistry(directory: installation.loras)
    var request = try request(registry: registry)
    let plan = try request.validated(
      under: Self.limits, registry: registry, defaults: .distilled)
    request.seed = plan.seed
    if invocation.has(.lora) { request.warnings += registry.warnings }
    let model = try ModelSelection.files(
      invocation, directory: invocation.value(.model), fallback: installation.defaultModel)
    let output = try OutputFile(path: invocation.value(.output), seed: plan.seed)

    var progress = ProgressDisplay(isQuiet: invocation.has(.quiet))
    let report = try render(progress: &progress, with: model, to: output) { defaults in
      try request.validated(under: Self.limits, registry: registry, defaults: defaults)
    }
    try Console.print(invocation.has(.json) ? try JSONOutput.text(report) : report.line)
  }

  /// - Parameter plan: Fills in the model's own defaults, which only the loaded model has.
  private func render(
    progress: inout ProgressDisplay, with model: ModelFiles, to output: OutputFile,
    _ plan: (RenderDefaults) throws -> RenderPlan
  ) throws -> RenderReport {
    let start = ContinuousClock.now
    defer { progress.clear() }
    progress.showLoading()
    let renderer = try Renderer(model: model, threadCount: threadCount)
    let plan = try renderer.opened(plan(renderer.defaults))
    let loading = start.duration(to: .now)
    progress.clear()
    Console.warn(
      ModelWarnings.about(
        indexKeys: renderer.modelIndexKeys, repeatedKeys: renderer.repeatedKeys))
    Console.warn(renderer.warnings(about: plan))
    let image = try renderer.render(plan) { progress.show($0) }
    let file = try output.write(image.png, interruption: interruption)
    return RenderReport(
      image, file: file, loadingSeconds: loading / .seconds(1),
      totalSeconds: start.duration(to: .now) / .seconds(1))
  }

  private func request(registry: LoRARegistry) throws -> RenderRequest {
    let limits = Self.limits
    var request = RenderRequest(prompt: invocation.operand ?? "")
    request.size = try invocation.size(sides: limits.side)
    request.seed = try invocation.seed(in: limits.seed)
    request.stepCount = try invocation.integer(.steps, in: limits.stepCount)
    request.guidanceScale = try invocation.number(.guidance, in: limits.guidanceScale)
    request.strength = try invocation.number(.strength, in: limits.strength)
    request.loraStrength = try invocation.number(.loraStrength, in: limits.loraStrength)
    request.lora = selection(registry: registry)
    for (index, image) in try images().enumerated() {
      request.references.append(image.raster)
      request.warnings += image.warnings(number: index + 1)
    }
    return request
  }

  /// A registered name comes first; what looks like a path, or is a file, is one.
  private func selection(registry: LoRARegistry) -> LoRASelection {
    guard let text = invocation.value(.lora), !registry.names.contains(text) else {
      return .name(invocation.value(.lora) ?? LoRARegistry.none)
    }
    let isFile =
      text.contains("/") || text.hasSuffix(".safetensors")
      || FileManager.default.fileExists(atPath: text)
    return isFile ? .file(text) : .name(text)
  }

  private func images() throws -> [DecodedImage] {
    let paths = invocation.values(.image)
    guard invocation.command == .edit else { return [] }
    guard (1...Self.limits.referenceCount).contains(paths.count) else {
      throw UsageError(
        "--image is given \(paths.count) times; `iris edit` needs it 1 to "
          + "\(Self.limits.referenceCount) times")
    }
    return try paths.map { path in
      let bytes = try InputFile.read(path, limit: ImageLimits().byteCount)
      do {
        return try ImageDecoder.image(bytes)
      } catch {
        throw CommandFailure("\(path): \(error)")
      }
    }
  }
}
