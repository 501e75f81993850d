internal import Rendering

/// What requests may ask for just now: worked out once for a model and a registry, not for every request.
struct Offer: Sendable {
  /// The LoRAs that may be named, opened.
  let loras: LoRARegistry
  /// What holds where a request says nothing.
  let defaults: RenderDefaults
  /// The OpenAPI document.
  let document: [UInt8]
  private let tables: [Endpoint: FieldTable]

  /// Works it out.
  init(_ configuration: ServiceConfiguration, loras: LoRARegistry, defaults: RenderDefaults) {
    var tables: [Endpoint: FieldTable] = [:]
    for endpoint in Endpoint.allCases {
      tables[endpoint] = FieldTable(
        for: endpoint, configuration, loras: loras, defaults: defaults)
    }
    self.loras = loras
    self.defaults = defaults
    self.tables = tables
    document = OpenAPIDocument(configuration: configuration, tables: tables).json.bytes
  }

  /// The parameters of an endpoint.
  func table(for endpoint: Endpoint) -> FieldTable { tables[endpoint] ?? FieldTable([]) }
}
