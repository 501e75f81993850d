import API
import Flux2
import Tensors

/// One of the models that `iris serve` offers: its files, how it computes, and what requests may ask of it.
struct ModelDeployment {
  /// What requests may ask, and the price.
  let configuration: ModelConfiguration
  /// The model's directory; nil where single files are all of it.
  let directory: String?
  /// Single files in place of its parts.
  let parts: ModelParts
  let precision: PrecisionMode
  let products: ProductProvider
  /// The LoRAs that it offers.
  let loras: LoRAOffer
  /// The settings that it was read from.
  let settings: Settings

  /// Reads the settings of a model.
  /// - Parameter entry: Its entry in the list of models; nil for the one of a service without a list.
  init(_ settings: Settings, entry: ModelEntry? = nil) throws(UsageError) {
    let settings = entry.map { settings.of($0) } ?? settings
    parts = Self.parts(settings)
    let isWhole = parts.tokenizer != nil && parts.files.count == 3
    directory =
      isWhole && settings[.model].source == .default ? nil : try settings.text(.model)
    precision = try settings.choice(.precision, of: PrecisionMode.self)
    products = try settings.choice(.products, of: ProductProvider.self)
    configuration = try Self.configuration(settings)
    loras = entry?.loras ?? LoRAOffer()
    self.settings = settings
  }

  /// Reads all models of a service.
  static func all(_ settings: Settings) throws(UsageError) -> [ModelDeployment] {
    guard !settings.models.isEmpty else { return [try ModelDeployment(settings)] }
    for setting in ModelEntry.replaced where settings[setting].source != .default {
      throw UsageError(
        "\(setting.key) (\(settings[setting].source)) and \(ModelEntry.key) exclude each other: "
          + "each model of the list has its own")
    }
    var deployments: [ModelDeployment] = []
    for entry in settings.models {
      let deployment = try ModelDeployment(settings, entry: entry)
      let taken = deployments.flatMap(\.configuration.names)
      if let name = deployment.configuration.names.first(where: taken.contains) {
        throw UsageError("\(entry.place): another model is called `\(name)` already")
      }
      deployments.append(deployment)
    }
    return deployments
  }

  private static func parts(_ settings: Settings) -> ModelParts {
    func path(_ setting: Setting) -> String? {
      settings[setting].text.isEmpty ? nil : settings[setting].text
    }
    var parts = ModelParts()
    parts.transformer = path(.transformer)
    parts.autoencoder = path(.autoencoder)
    parts.textEncoder = path(.textEncoder)
    parts.tokenizer = path(.tokenizer)
    return parts
  }

  private static func configuration(
    _ settings: Settings
  ) throws(UsageError) -> ModelConfiguration {
    var model = ModelConfiguration()
    model.id = try settings.name(.modelID)
    model.aliases = try ApplicationConfiguration.modelAliases(settings)
    model.owner = try settings.text(.modelOwner)
    model.limits = try ApplicationConfiguration.renderLimits(model.limits, settings)
    model.price = try settings.money(.price)
    return model
  }
}
