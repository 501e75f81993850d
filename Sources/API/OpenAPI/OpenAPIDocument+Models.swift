import JSON
import Rendering

extension OpenAPIDocument {
  /// Describes what one of the models allows at least; the objects of `/v1/models` tell them apart.
  static func bytes(
    of models: [ServedModel], _ configuration: ServiceConfiguration
  ) -> [UInt8] {
    var widest = configuration.model
    for model in models.dropFirst() {
      widest.limits = widest.limits.widened(by: model.configuration.limits)
    }
    let capabilities = models.map(\.capabilities)
    let tables =
      models.count == 1
      ? capabilities[0].tables
      : ModelCapabilities(
        widest, of: configuration,
        loras: LoRARegistry(entries: capabilities.flatMap(\.loras.entries)),
        defaults: capabilities[0].defaults
      ).tables
    return OpenAPIDocument(configuration: configuration, limits: widest.limits, tables: tables)
      .json.bytes()
  }
}
