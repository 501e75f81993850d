import API
import Flux2
import HTTP
import Imaging
import Rendering
import Tensors

/// The models of a service, inspected before it listens, and loaded once it does.
struct ServiceModels {
  /// A model whose files were found and described.
  private struct Inspected {
    let deployment: ModelDeployment
    let files: ModelFiles
    let products: ProductChoice
    let inspector: ModelInspector
    /// The directory of its LoRAs, and what that lists, not opened.
    let loras: (directory: String, registry: LoRARegistry)
    /// Bytes of quantised weights that are no mapped file.
    let copiedByteCount: Int

    /// In proportion to the work for a token: the transformer's parameters, each of which is multiplied once.
    var work: Double {
      let transformer = inspector.components.first { $0.name == "transformer" }
      return Double(max(transformer?.parameterCount ?? 1, 1))
    }
  }

  private let configuration: ApplicationConfiguration
  private let models: [Inspected]

  /// Inspects the models; their libraries and LoRAs are found, too, before anyone is let in.
  /// - Parameter loras: The directory of the service's registry.
  init(_ configuration: ApplicationConfiguration, loras: String) throws {
    self.configuration = configuration
    models = try configuration.models.map { deployment in
      let files = try ModelLocator.files(deployment.parts, directory: deployment.directory) {
        UsageError("the service has no model directory")
      }
      let products = try ProductChoice(deployment.products)
      let inspector = try ModelInspector(files)
      let precision = inspector.precision(
        deployment.precision, memoryByteCount: SystemResources.memoryByteCount, products: products)
      // Mapped weights are left out: the system evicts them when memory is short.
      let weights = inspector.weightMemory(
        in: precision.precision, preparedDirectory: Installation.cache)
      let directory = deployment.loras.directory ?? loras
      return Inspected(
        deployment: deployment, files: files, products: products, inspector: inspector,
        loras: (directory, try LoRARegistry(directory: directory)),
        copiedByteCount: weights.copiedByteCount)
    }
    // Those behind the first are loaded when they are asked for, and must not fail then.
    for model in models.dropFirst() { try model.inspector.checkTensors() }
    for model in models { try Self.checkLoRAs(of: model) }
  }

  /// Checks that the LoRAs that a model offers are there.
  private static func checkLoRAs(of model: Inspected) throws(UsageError) {
    let registry = model.loras.registry
    for name in model.deployment.loras.names ?? [] where !registry.offers(name) {
      throw UsageError(
        "\(model.deployment.configuration.id) offers the LoRA `\(name)`, and there is none of that "
          + "name; known are \(registry.names.joined(separator: ", "))")
    }
    if let directory = model.deployment.loras.directory, registry.entries.isEmpty {
      throw UsageError(
        "\(model.deployment.configuration.id) offers the LoRAs of \(directory), and no registry.json "
          + "there lists any")
    }
  }

  /// The memory for copies of weights: for all models if it is there, or else for as many as fit, which then take
  /// turns; for the largest one always.
  var copiedByteCount: Int {
    let counts = models.map(\.copiedByteCount)
    let free =
      SystemResources.memoryByteCount - configuration.service.memoryBytes
      - configuration.server.maxBufferedBytes - configuration.cacheByteCount
    return min(counts.reduce(0, +), max(counts.max() ?? 0, free))
  }

  /// Warnings about the models and the sizes that they may render.
  /// - Parameter configuration: The settings, with the memory that renders may use.
  func warnings(_ configuration: ApplicationConfiguration) throws(UsageError) -> [RenderWarning] {
    var warnings: [RenderWarning] = []
    for model in models {
      warnings += ModelWarnings.about(
        indexKeys: model.inspector.indexKeys, repeatedKeys: model.inspector.repeatedKeys)
      warnings += try configuration.checkSizes(of: model.deployment) { size, references in
        model.inspector.activationByteCount(
          width: size.width, height: size.height,
          references: references.map { ($0.width, $0.height) })
      }
    }
    return warnings
  }

  /// Loads the first model, and offers all.
  /// - Throws: `Flux2Error` for files that cannot be used.
  func offers(log: LogWriter) throws -> [ModelOffer] {
    let cacheByteCount = configuration.cacheByteCount / models.count
    let pool = RendererPool(byteLimit: copiedByteCount + cacheByteCount * models.count)
    return try models.enumerated().map { index, model in
      let id = model.deployment.configuration.id
      let renderer = OnDemandRenderer(
        outline: try Renderer(
          model: model.files, threadCount: configuration.threadCount, products: model.products),
        byteCount: model.copiedByteCount + cacheByteCount, in: pool
      ) { [configuration] () throws(Flux2Error) in
        let renderer = try Renderer(
          model: model.files, threadCount: configuration.threadCount, products: model.products,
          precision: model.deployment.precision,
          memoryByteCount: SystemResources.memoryByteCount,
          preparedDirectory: Installation.cache, cacheByteCount: cacheByteCount,
          promptStore: PromptFolder.store(byteLimit: configuration.promptCacheByteCount))
        let multiplies = model.products.description(in: renderer.precision.precision)
        log.write("iris: \(id) renders in \(TextFormat.singleLine("\(renderer.precision)"))")
        log.write("iris: \(id) multiplies by \(TextFormat.singleLine(multiplies))")
        return renderer
      }
      let loras = LoRARegistryLoader(
        directory: model.loras.directory, renderer: renderer.outline, modelID: id,
        names: model.deployment.loras.names, log: log)
      if index == 0 { try renderer.prepareToRender() }
      return ModelOffer(
        renderer, relativeCost: model.work / models[0].work,
        loras: loras.open(model.loras.registry),
        readLoRAs: loras.read)
    }
  }
}

/// Loads the LoRA registry of a model and logs the LoRAs that cannot be used.
struct LoRARegistryLoader: Sendable {
  /// The directory of `registry.json`.
  let directory: String
  let renderer: Renderer
  /// The name under which the model is served.
  let modelID: String
  /// The names that it offers; nil for all.
  let names: [String]?
  let log: LogWriter

  /// Reads the registry and opens its LoRAs.
  @Sendable func read() throws -> LoRARegistry { open(try LoRARegistry(directory: directory)) }

  /// Opens the LoRAs of a registry.
  func open(_ registry: LoRARegistry) -> LoRARegistry {
    let opened = renderer.opened(names.map(registry.restricted(to:)) ?? registry, servedAs: modelID)
    for remark in opened.remarks { log.write("iris: \(TextFormat.singleLine(remark))") }
    return opened
  }
}
