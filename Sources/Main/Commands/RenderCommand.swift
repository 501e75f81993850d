import Flux2
import Foundation
import Rendering
import Tensors

/// `iris generate` and `iris edit`.
struct RenderCommand {
  static let limits = RenderLimits.commandLine
  /// Memory for prompts and references that come again, where there are several images.
  private static let cacheByteCount = 256 << 20

  let invocation: Invocation
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
    try checkStandardInput()
    let viewer = try viewer()
    let registry = try LoRARegistry(directory: installation.loras)
    let recipe = try invocation.value(.from).map { try ImageRecipe($0, for: invocation) }
    let seeds = try SeedList.seeds(invocation, recipe: recipe, in: RequestParameter.seeds)
    var request = try request(registry: registry, recipe: recipe)
    request.seed = seeds[0]
    _ = try request.validated(under: Self.limits, registry: registry, defaults: .distilled)
    if invocation.has(.lora) { request.warnings += registry.warnings }
    let outputs = try outputs(seeds)
    let model = try ModelSelection.files(
      invocation, directory: invocation.value(.model), fallback: installation.defaultModel)
    let run = RenderRun(
      request: request, registry: registry, recipe: recipe, seeds: seeds, outputs: outputs,
      viewer: viewer, isJSON: invocation.has(.json), interruption: interruption)
    // Two things on one stream would be neither.
    let isQuiet = invocation.has(.quiet) || outputs[0].isStandardError
    try run.perform(progress: ProgressDisplay(isQuiet: isQuiet)) {
      try Renderer(
        model: model, threadCount: threadCount,
        cacheByteCount: seeds.count > 1 ? Self.cacheByteCount : 0)
    }
  }

  /// What draws images in the terminal; nil if that is not asked for.
  private func viewer() throws -> TerminalImage? {
    guard invocation.has(.show) else { return nil }
    guard !invocation.has(.json) else { throw UsageError("--show and --json exclude each other") }
    return try TerminalImage()
  }

  /// Standard input can be one thing only.
  private func checkStandardInput() throws(UsageError) {
    var uses = invocation.values(.image).filter { InputFile.isStandardInput($0) }.map { _ in
      "--image"
    }
    if let from = invocation.value(.from), InputFile.isStandardInput(from) { uses.append("--from") }
    if let operand = invocation.operand, PromptText.readsStandardInput(operand) {
      uses.append("the prompt")
    }
    guard uses.count < 2 else {
      throw UsageError(
        "standard input can be one thing only, not \(uses.joined(separator: " and "))")
    }
  }

  /// A place for each image, checked.
  private func outputs(_ seeds: [UInt64]) throws -> [OutputFile] {
    let pattern = invocation.value(.output).map { OutputPattern($0) }
    let outputs = try seeds.enumerated().map { index, seed in
      try OutputFile(
        path: pattern?.name(seed: seed, index: index + 1, of: seeds.count), seed: seed)
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
